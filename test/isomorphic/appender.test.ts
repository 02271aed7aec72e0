import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Appender } from '../../client/appender.ts'

const line = (number: number) => Uint8Array.of(number)

test('what is written is a beginning of what was appended, and whatever was acknowledged is in it', async () => {
  const step = fc.record({ append: fc.nat({ max: 3 }), durable: fc.boolean(), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const written: number[] = []
      const failures = steps.map(({ fails }) => fails)
      let writes = 0
      const appender = new Appender(async (lines, durable) => {
        expect(++writes).toBe(1) // One at a time.
        await null
        writes--
        if (failures.shift()) throw new Error('full')
        written.push(...lines.flatMap((bytes) => [...bytes]))
        synced = durable ? written.length : synced
      })
      let synced = 0
      let appended = 0
      const told: Promise<void>[] = []
      for (const { append, durable } of steps) {
        for (let each = 0; each < append; each++) {
          const number = appended++
          const acknowledged = appender.append(line(number), durable).then(
            () => {
              expect(written).toContain(number)
              if (durable) expect(synced).toBeGreaterThan(number)
            },
            (error: unknown) => expect(error).toEqual(new Error('full')),
          )
          told.push(acknowledged)
        }
        await null
      }
      await Promise.all(told)
      expect(written).toEqual(written.map((_, at) => at))
      failures.length = 0
      await appender.append(line(appended), false)
      expect(written).toHaveLength(appended + 1)
    }),
  )
})

test('what is appended while a write is under way goes together', async () => {
  const writes: number[] = []
  const appender = new Appender(async (lines) => void writes.push(lines.length))
  const first = appender.append(line(0), false)
  await null
  await Promise.all([first, ...[1, 2, 3].map((number) => appender.append(line(number), false))])
  await appender.append(line(4), true)
  expect(writes.reduce((sum, count) => sum + count)).toBe(5)
  expect(writes.length).toBeLessThan(5)
})

test('clearing comes after what was appended before it, and gives up what is owed', async () => {
  const log: string[] = []
  let full = true
  const appender = new Appender(async (lines) => {
    if (full) throw new Error('full')
    log.push(`wrote ${lines.length}`)
  })
  const owed = appender.append(line(0), false)
  const cleared = appender.after(async () => {
    full = false
    log.push('cleared')
  })
  const next = appender.append(line(1), false)
  await expect(owed).rejects.toThrow('full')
  await Promise.all([cleared, next])
  expect(log).toEqual(['cleared', 'wrote 1'])
})
