import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartwayError } from '../../client/errors.ts'
import { upload } from '../../client/upload.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FAULTS, FakeSource, FakeStore } from '../client/fake-store.ts'
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
/** After so many events a run is stopped from outside, as by a kill; the next one goes on. */
const kills = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 })

test('whatever happens, an object is the file or is not there, and the upload ends or can go on', async () => {
  await fc.assert(
    fc.asyncProperty(file, faults, kills, async ({ concurrency, size, ...options }, script, kills) => {
      const clock = new VirtualClock()
      const left = [...script]
      const store = new FakeStore({ clock, ...options, fault: () => left.shift() })
      const ports = {
        controlPlane: store.controlPlane,
        transport: store.transport(true),
        journals: new FakeJournals(),
        clock,
        random: () => 0.5,
        timing: { patienceMs: 180_000 },
      }
      const source = new FakeSource(size)
      for (let run = 0; run < RUNS; run++) {
        const stop = new AbortController()
        const sending = upload(source, ports, { concurrency, signal: stop.signal })
        let events = kills[run] ?? Number.POSITIVE_INFINITY
        sending.on('progress', () => events-- === 0 && stop.abort())
        const outcome = await sending.result.catch((error: unknown) => error)
        for (const object of store.objects.values()) expect(object).toEqual(source.bytes)
        if (!(outcome instanceof Error)) {
          expect(outcome).toMatchObject({ size, verified: 'checksum' })
          expect(sending.snapshot()).toMatchObject({
            state: 'done',
            bytesAcknowledged: size,
            bytesSent: size,
          })
          expect(ports.journals.size).toBe(0)
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
