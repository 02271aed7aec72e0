import { expect, test } from 'vitest'
import type { Upload } from '../../client/events.ts'
import { upload } from '../../client/upload.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FakeSource, FakeStore } from '../client/fake-store.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const HELD = 50
const SIZE = 95

/** An upload of ten parts that goes on after five, of which so many are remembered. */
async function goingOn(remembered: number) {
  const clock = new VirtualClock()
  const store = new FakeStore({ clock })
  const [journals, source] = [new FakeJournals(), new FakeSource(SIZE)]
  const begin = (concurrency: number) =>
    upload(
      source,
      {
        controlPlane: store.controlPlane,
        transport: store.transport(true),
        journals,
        ...enginePorts,
        clock,
        random: () => 0.5,
        timing: { patienceMs: 180_000 },
      },
      { concurrency },
    )
  store.fault = ({ partNumber }) => (partNumber === 6 ? 'drop' : undefined)
  await expect(begin(1).result).rejects.toMatchObject({ resumable: true })
  store.fault = () => undefined
  journals.keepParts(remembered)
  return { store, begin: () => begin(3) }
}

/** What a bar would show, from the first word on. */
function listen(run: Upload): (string | number)[] {
  const told: (string | number)[] = []
  run.on('resumed', ({ bytes }) => told.push(`there are ${bytes}`))
  run.on('progress', ({ bytesSent }) => told.push(bytesSent))
  return told
}

test.each([5, 2, 0])(
  'goes on from what is there, upwards, with %i parts remembered of 5',
  async (remembered) => {
    const { begin } = await goingOn(remembered)
    const run = begin()
    const told = listen(run)
    expect(await run.result).toMatchObject({ bytesResumed: HELD, bytesTransferred: SIZE - HELD })
    const [announced, first, ...rest] = told
    expect([announced, first]).toEqual([`there are ${HELD}`, HELD])
    expect(rest).toEqual(rest.toSorted((a, b) => Number(a) - Number(b)))
    expect(rest.at(-1)).toBe(SIZE)
  },
)

test.each([5, 2, 0])('says at once how much was there, with %i parts remembered of 5', async (remembered) => {
  const { begin } = await goingOn(remembered)
  const run = begin()
  const told: number[] = []
  for (const type of ['resumed', 'progress'] as const)
    run.on(type, () => told.push(run.snapshot().bytesResumed))
  await run.result
  expect(new Set(told)).toEqual(new Set([HELD]))
})

test('falls only when a part that was there has to be sent again', async () => {
  const { store, begin } = await goingOn(2)
  store.replacePart('1', 4, new Uint8Array(10))
  const run = begin()
  const told = listen(run)
  const resumed = new Set<number>()
  run.on('progress', () => resumed.add(run.snapshot().bytesResumed))
  expect(await run.result).toMatchObject({ bytesResumed: HELD - 10 })
  expect([...resumed]).toEqual([HELD, HELD - 10])
  const falls = told.filter((bytes, index) => bytes < (told[index - 1] ?? 0))
  expect(falls).toHaveLength(1)
  expect(told.at(-1)).toBe(SIZE)
})
