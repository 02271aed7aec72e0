import { describe, expect, test } from 'vitest'
import { NetworkError } from '../../client/errors.ts'
import { createLanes } from '../../client/lanes.ts'
import type { PartTransport } from '../../client/ports.ts'
import { upload } from '../../client/upload.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FakeSource, FakeStore } from '../client/fake-store.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const HOUR = 60 * 60_000
const TICK_MS = 1000
/** As 8 MiB are over 1 Mbit/s: alone, a part takes 64 s; six at once, 384 s. */
const PART = 8_000
const BYTES_PER_TICK = 125

interface Link {
  /** How often it breaks. Milliseconds. */
  readonly breaksEvery: number
  readonly bytesPerTick: number
}

/** One link, which all that is sent shares, to a store that takes no time. */
function overLink(
  inner: PartTransport<Uint8Array>,
  clock: VirtualClock,
  link: Link,
): PartTransport<Uint8Array> & { wasted: number; most: number } {
  const sending = new Set<{ sent: number; move(bytes: number): void; fail(error: Error): void }>()
  const tick = () => {
    const share = link.bytesPerTick / sending.size
    const breaks =
      Math.floor(clock.now() / link.breaksEvery) !== Math.floor((clock.now() - TICK_MS) / link.breaksEvery)
    for (const one of [...sending]) {
      if (breaks) one.fail(new NetworkError('The link broke.'))
      else one.move(share)
    }
    if (sending.size > 0) clock.after(TICK_MS, tick)
  }
  const transport = {
    ...inner,
    wasted: 0,
    most: 0,
    async put(request: Parameters<typeof inner.put>[0]) {
      await new Promise<void>((resolve, reject) => {
        const one = {
          sent: 0,
          move(bytes: number) {
            one.sent = Math.min(PART, one.sent + bytes)
            request.onProgress(one.sent)
            if (one.sent < PART) return
            sending.delete(one)
            resolve()
          },
          fail(error: Error) {
            transport.wasted += one.sent
            sending.delete(one)
            reject(error)
          },
        }
        if (sending.size === 0) clock.after(TICK_MS, tick)
        sending.add(one)
        transport.most = Math.max(transport.most, sending.size)
      })
      return inner.put(request)
    },
  }
  return transport
}

function send(link: Link, parts = 10) {
  const clock = new VirtualClock()
  const store = new FakeStore({ clock, partSize: PART })
  const source = new FakeSource(parts * PART)
  const transport = overLink(store.transport(true), clock, link)
  const run = upload(source, {
    ...{
      controlPlane: store.controlPlane,
      transport,
      journals: new FakeJournals(),
      clock,
      random: () => 0.5,
    },
    ...enginePorts,
    lanes: createLanes({ start: 6, max: 64, clock }),
    timing: { patienceMs: 3 * HOUR },
  })
  return { run, clock, transport }
}

describe('a link that is so slow that it breaks before any of its lanes is at the end of a part', () => {
  test('has fewer lanes, until parts arrive', async () => {
    const { run, clock, transport } = send({ breaksEvery: 180_000, bytesPerTick: BYTES_PER_TICK })
    await run.result
    // All of it with six lanes, and with three; then what a part had at each break.
    expect(transport.wasted).toBeLessThan(15 * PART)
    expect(clock.now()).toBeLessThan(HOUR)
  })

  test('has as many as any other again when it is slow no more', async () => {
    const link = { breaksEvery: 180_000, bytesPerTick: BYTES_PER_TICK }
    const { run, transport } = send(link, 300)
    run.on('part', ({ state }) => {
      if (state !== 'done' || link.bytesPerTick > BYTES_PER_TICK) return
      link.bytesPerTick = 100 * BYTES_PER_TICK
      transport.most = 0
    })
    await run.result
    expect(transport.most).toBeGreaterThan(1)
  })
})

test('a link that breaks, but not before parts arrive, keeps its lanes', async () => {
  const { run, transport } = send({ breaksEvery: 180_000, bytesPerTick: 8 * BYTES_PER_TICK }, 60)
  const off = run.on('retry', () => {
    transport.most = 0
    off()
  })
  await run.result
  expect(transport.most).toBeGreaterThanOrEqual(6)
})

test('a slow link has no more lanes than it began with before a part has arrived', async () => {
  const { run, transport } = send({ breaksEvery: HOUR, bytesPerTick: BYTES_PER_TICK }, 60)
  const atFirst = new Promise<number>((resolve) => {
    run.on('part', ({ state }) => state === 'done' && resolve(transport.most))
  })
  expect(await atFirst).toBe(6)
  await run.result
  expect(transport.most).toBeGreaterThan(6)
})
