import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Wait, Waits } from '../../client/control-plane.ts'
import { NetworkError, PartwayError } from '../../client/errors.ts'
import type { Upload, UploadResult } from '../../client/events.ts'
import type { PartTransport } from '../../client/ports.ts'
import { EVENTS, type State, TRANSITIONS } from '../../client/states.ts'
import { upload } from '../../client/upload.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FAULTS, FakeSource, FakeStore, type Fault } from '../client/fake-store.ts'
import { FakeWakes } from '../client/fake-wakes.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

/** What happens, and so many milliseconds after what happened before. */
const STEPS = [
  'pause',
  'resume',
  'abort',
  'stop',
  'offline',
  'online',
  'wake',
  'wait',
  'go on',
  'touch',
] as const
const steps = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 400 }), what: fc.constantFrom(...STEPS) }),
  { maxLength: 12 },
)
const faults = fc.array(fc.option(fc.constantFrom(...FAULTS), { nil: undefined, freq: 2 }), { maxLength: 40 })
const file = fc.record({
  size: fc.integer({ min: 0, max: 120 }),
  partSize: fc.integer({ min: 1, max: 40 }),
  singleUpTo: fc.constantFrom(-1, 30),
  expiresIn: fc.constantFrom(1, 3600),
  keeps: fc.constantFrom('checksums', 'md5s', 'nothing', 'lies'),
})
const options = fc.record({
  concurrency: fc.integer({ min: 1, max: 7 }),
  integrity: fc.constantFrom('whole', 'signed'),
})

/** Says that it waits when a test says so. */
class FakeWaits implements Waits {
  current: Wait | undefined
  readonly #listeners = new Set<() => void>()

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(current: Wait | undefined): void {
    this.current = current
    for (const listener of [...this.#listeners]) listener()
  }
}

test('whatever happens, each change of state is one of the table, and the end is what it is told to be', async () => {
  await fc.assert(
    fc.asyncProperty(
      file,
      options,
      faults,
      steps,
      async ({ size, ...storeOptions }, options, script, steps) => {
        const clock = new VirtualClock()
        const left =
          storeOptions.keeps === 'checksums'
            ? [...script]
            : corruptOnce(script, size <= storeOptions.singleUpTo)
        const store = new FakeStore({ clock, ...storeOptions, fault: () => left.shift() })
        const [wakes, waits, stop] = [new FakeWakes(), new FakeWaits(), new AbortController()]
        const source = new FakeSource(size)
        const ports = {
          controlPlane: { ...store.controlPlane, waits },
          transport: offlineToo(store.transport(true), wakes),
          journals: new FakeJournals(),
          ...enginePorts,
          timing: { patienceMs: 120_000 },
          ...{ clock, wakes, random: () => 0.5 },
        }
        const run = upload(source, ports, { ...options, signal: stop.signal })
        const states = follow(run)
        const cancelling: Promise<unknown>[] = []
        const act: Record<(typeof STEPS)[number], () => void> = {
          pause: () => run.pause(),
          resume: () => run.resume(),
          abort: () => cancelling.push(run.abort().catch((error: unknown) => error)),
          stop: () => stop.abort(),
          offline: () => wakes.setOnline(false),
          online: () => wakes.setOnline(true),
          wake: () => wakes.wake(),
          wait: () => waits.set({ for: 'user', message: 'Sign in.' }),
          'go on': () => waits.set(undefined),
          touch: () => {
            source.touched = true
          },
        }
        for (const { after, what } of steps) {
          await new Promise<void>((resolve) => void clock.after(after, resolve))
          act[what]()
          expect(run.snapshot().waitingFor === undefined).toBe(run.snapshot().state !== 'waiting')
        }
        run.resume()
        wakes.setOnline(true)
        const outcome = await run.result.catch((error: unknown) => error)
        await Promise.all(cancelling)
        checkEnd(run, outcome, states)
        // Of what a store keeps that tells nothing, only the size can be known.
        if (storeOptions.keeps !== 'nothing') {
          for (const object of store.objects.values()) expect(object).toEqual(source.bytes)
        }
        if (run.snapshot().state === 'done') expect(store.objects.size).toBeGreaterThan(0)
        expect(wakes.listeners).toBe(0)
      },
    ),
    { numRuns: 400 },
  )
})

/**
 * Where a store keeps no checksum: an upload whose first part arrives twice with other bytes takes its ETags for no MD5s, and is proved by
 * its size alone; and so is a small file whose ETag is not its MD5.
 */
function corruptOnce(script: readonly (Fault | undefined)[], isSmall: boolean): (Fault | undefined)[] {
  const first = isSmall ? -1 : script.indexOf('corrupt')
  return script.map((fault, index) => (fault === 'corrupt' && index !== first ? undefined : fault))
}

/** The states that it goes through; each change has to be one of the table. */
function follow(run: Upload): State[] {
  const states: State[] = ['planned']
  run.on('state', ({ previous, state }) => {
    expect(previous).toBe(states.at(-1))
    expect(TRANSITIONS[previous].map((event) => EVENTS[event])).toContain(state)
    expect(run.snapshot().state).toBe(state)
    states.push(state)
  })
  return states
}

function checkEnd(run: Upload, outcome: unknown, states: State[]): void {
  const { state, error } = run.snapshot()
  expect(state).toBe(states.at(-1))
  if (state === 'done') {
    expect((outcome as UploadResult).key).toBe(run.snapshot().key)
    expect((outcome as UploadResult).downgraded === undefined).toBe(
      (outcome as UploadResult).verified === 'checksum',
    )
    return
  }
  expect(outcome).toBeInstanceOf(PartwayError)
  expect(['resumable', 'failed', 'aborted']).toContain(state)
  if (state !== 'aborted') expect(error).toBe(outcome)
  if (state === 'resumable') expect(error?.resumable).toBe(true)
  if (state === 'failed') expect(error?.resumable).toBe(false)
  if (state === 'aborted') expect(error?.name).toBe('AbortedError')
}

/** A network that is gone lets nothing through. */
function offlineToo<Slice>(transport: PartTransport<Slice>, wakes: FakeWakes): PartTransport<Slice> {
  return {
    ...transport,
    async put(request) {
      const answer = await transport.put(request)
      if (!wakes.online) throw new NetworkError('Expected an answer, got none.')
      return answer
    },
  }
}
