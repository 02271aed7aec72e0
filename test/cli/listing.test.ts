import { PassThrough } from 'node:stream'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { formatAge, parseAge } from '../../cli/age.ts'
import type { Terminal } from '../../cli/command.ts'
import { inLanes } from '../../cli/lanes.ts'
import { missingParts, parsePartNumbers, partRanges } from '../../cli/part-numbers.ts'
import { Table } from '../../cli/table.ts'
import { type Unfinished, unfinishedColumns } from '../../cli/unfinished.ts'
import { abortDate } from '../../client/node/s3/lifecycle.ts'
import { MIB } from '../../protocol/limits.ts'

test.each([
  [[], 'none'],
  [[7], '7'],
  [[1, 2, 3], '1–3'],
  [[1, 2, 4], '1–2 and 4'],
  [[1, 3, 5, 6], '1, 3 and 5–6'],
])('the parts %j read %s', (numbers, text) => {
  expect(partRanges(numbers)).toBe(text)
})

test('part numbers are read as ranges, each once and in order', () => {
  expect(parsePartNumbers('--parts', '3-5, 1,4')).toEqual([1, 3, 4, 5])
  for (const wrong of ['', '0', '5-3', '1-', '10001', '1.5', 'x']) {
    expect(() => parsePartNumbers('--parts', wrong)).toThrow('Expected --parts such as 1-10,12')
  }
})

test('what is missing is told up to the last', () => {
  expect(missingParts([1, 3], 5)).toEqual([2, 4, 5])
  expect(missingParts([], 0)).toEqual([])
})

test.each([
  ['30m', 1_800_000, '30 min'],
  ['12h', 43_200_000, '12 h'],
  ['7d', 604_800_000, '7 d'],
  ['2w', 1_209_600_000, '14 d'],
  ['0m', 0, '0 min'],
])('the age %s is %i ms, and reads %s', (text, milliseconds, read) => {
  expect(parseAge('--older-than', text)).toBe(milliseconds)
  expect(formatAge(milliseconds)).toBe(read)
})

test('an upload is given up at the midnight after its days, by the first rule that holds for its key', () => {
  const rules = [
    { prefix: '', days: 7 },
    { prefix: 'films/', days: 2 },
  ]
  const begun = new Date('2026-11-20T10:00:00Z')
  expect(abortDate(rules, 'films/a', begun)?.toISOString()).toBe('2026-11-23T00:00:00.000Z')
  expect(abortDate(rules, 'other', begun)?.toISOString()).toBe('2026-11-28T00:00:00.000Z')
  expect(abortDate([{ prefix: 'films/', days: 2 }], 'other', begun)).toBeUndefined()
})

describe('lanes', () => {
  test('keep the order, and so many under way', async () => {
    let underWay = 0
    let most = 0
    const gates: (() => void)[] = []
    const results = inLanes(
      [1, 2, 3, 4, 5],
      async (item) => {
        most = Math.max(most, ++underWay)
        await new Promise<void>((resolve) => gates.push(resolve))
        underWay--
        return item * 10
      },
      2,
    )
    const all: number[] = []
    const done = (async () => {
      for await (const result of results) all.push(result)
    })()
    while (all.length < 5) {
      gates.pop()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await done
    expect(all).toEqual([10, 20, 30, 40, 50])
    expect(most).toBe(2)
  })

  test('stop at the first that fails', async () => {
    const failing = inLanes([1, 2, 3], async (item) => {
      if (item === 2) throw new Error('gone')
      return item
    })
    const done: number[] = []
    const all = async () => {
      for await (const item of failing) done.push(item)
    }
    await expect(all()).rejects.toThrow('gone')
    expect(done).toEqual([1])
  })
})

describe('the table of unfinished uploads', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  const rows: Unfinished[] = [
    {
      key: 'films/2026/a long name of a film that nobody can read.mov',
      uploadId: 'id-1',
      fileName: 'x.mov',
      initiated: '2026-11-09T11:00:00Z',
      parts: 57,
      bytes: 456 * MIB,
      size: 1024 * MIB,
      partSize: 8 * MIB,
      abortDate: '2026-11-28T00:00:00.000Z',
    },
    {
      key: 'ü\u001b[2Jx\ty',
      uploadId: 'id-2',
      fileName: 'y',
      initiated: '2026-11-21T11:55:00Z',
      parts: 0,
      bytes: 0,
      abortDate: null,
    },
  ]

  test.each([120, 80, 60])('fits %i columns, and says how long an upload can go on', (columns) => {
    const lines = print(rows, columns)
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns)
    expect(lines[0]).toMatch(/^KEY +AGE +PARTS +HELD +UNTIL$/)
    expect(lines[1]).toMatch(/ 12 d {2}57 of 128 {2}456 MiB of 1\.00 GiB {2}2026-11-28$/)
    expect(lines[2]).toContain('never')
    expect(lines.join('')).not.toContain('\u001b')
  })

  test('has a line for each with tabs between all fields, where nobody looks', () => {
    expect(print(rows, undefined)).toEqual([
      'films/2026/a long name of a film that nobody can read.mov\tid-1\t2026-11-09T11:00:00Z\t57\t478150656\t1073741824\t2026-11-28T00:00:00.000Z',
      'ü\u001b[2Jx\\ty\tid-2\t2026-11-21T11:55:00Z\t0\t0\t\tnever',
    ])
  })

  test('begins before a long list has ended', () => {
    const many = Array.from({ length: 250 }, (_, index) => ({ ...(rows[0] as Unfinished), key: `k${index}` }))
    const { table, lines } = tableOn(80)
    for (const row of many.slice(0, 99)) table.add(row)
    expect(lines).toEqual([])
    for (const row of many.slice(99)) table.add(row)
    expect(lines).toHaveLength(251)
    table.end()
    expect(lines).toHaveLength(251)
  })

  function print(rows: Unfinished[], columns: number | undefined): string[] {
    const { table, lines } = tableOn(columns)
    for (const row of rows) table.add(row)
    table.end()
    return lines
  }

  function tableOn(columns: number | undefined) {
    const lines: string[] = []
    const stdout = Object.assign(new PassThrough(), { isTTY: columns !== undefined, columns })
    const table = new Table(unfinishedColumns(now, true), stdout as Terminal['stdout'], (line) =>
      lines.push(line),
    )
    return { table, lines }
  }
})
