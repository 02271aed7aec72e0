import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartwayError } from '../../client/errors.ts'
import { upload } from '../../client/upload.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FAULTS, FakeSource, FakeStore } from '../client/fake-store.ts'
import { mortal } from '../client/mortal.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const RUNS = 20

/** The n-th request meets the n-th entry; after the last, all is well. */
const faults = fc.array(fc.option(fc.constantFrom(...FAULTS), { nil: undefined, freq: 2 }), { maxLength: 60 })
const file = fc.record({
  size: fc.integer({ min: 0, max: 120 }),
  partSize: fc.integer({ min: 1, max: 40 }),
  singleUpTo: fc.constantFrom(-1, 30),
  expiresIn: fc.constantFrom(1, 3600),
  concurrency: fc.integer({ min: 1, max: 7 }),
})
/** After so many events a run is killed, or stopped by its signal, and so much is lost of what was not on the disk; the next one goes on. */
const ends = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 60 }),
    how: fc.constantFrom('kill', 'stop'),
    lost: fc.constantFrom(0, 0.5, 1),
  }),
  { maxLength: 4 },
)

test('whatever happens, an object is the file or is not there, and the upload ends or can go on', async () => {
  await fc.assert(
    fc.asyncProperty(file, faults, ends, async ({ concurrency, size, ...options }, script, ends) => {
      const clock = new VirtualClock()
      const left = [...script]
      const store = new FakeStore({ clock, ...options, fault: () => left.shift() })
      const journals = new FakeJournals()
      const source = new FakeSource(size)
      for (let run = 0; run < RUNS; run++) {
        const { kill, ...ports } = mortal(store.controlPlane, store.transport(true))
        const stop = new AbortController()
        const keeping = { clock, random: () => 0.5, timing: { patienceMs: 180_000 } }
        const sending = upload(
          source,
          { ...enginePorts, ...ports, ...keeping, journals },
          { concurrency, signal: stop.signal },
        )
        const { after, how, lost } = ends[run] ?? { after: Number.POSITIVE_INFINITY }
        let events = after
        const killed = new Promise<'killed'>((resolve) => {
          const end = () => {
            if (events-- !== 0) return
            if (how === 'stop') return stop.abort()
            kill()
            journals.kill(lost ?? 0)
            resolve('killed')
          }
          sending.on('progress', end)
          sending.on('state', end)
        })
        const outcome = await Promise.race([sending.result.catch((error: unknown) => error), killed])
        for (const object of store.objects.values()) expect(object).toEqual(source.bytes)
        if (outcome === 'killed') continue
        if (!(outcome instanceof Error)) {
          expect(outcome).toMatchObject({ size, verified: 'checksum' })
          expect(sending.snapshot()).toMatchObject({
            state: 'done',
            bytesAcknowledged: size,
            bytesSent: size,
          })
          expect(journals.size).toBe(0)
          return
        }
        expect(outcome).toBeInstanceOf(PartwayError)
        const state = (outcome as PartwayError).resumable ? 'resumable' : 'failed'
        expect(sending.snapshot()).toMatchObject({ state, error: outcome })
      }
      throw new Error(`No run of ${RUNS} succeeded.`)
    }),
    { numRuns: 300 },
  )
})
