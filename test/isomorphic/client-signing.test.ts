import { describe, expect, test } from 'vitest'
import { NotPartwayError } from '../../client/errors.ts'
import { SealedUrls } from '../../client/sealed-urls.ts'
import { SignedUrls, type SigningPorts } from '../../client/signed-urls.ts'
import { plan } from '../../protocol/part-plan.ts'
import type { SignedParts } from '../../protocol/schemas.ts'
import { packSignedParts } from '../../protocol/signed-parts.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const PLAN = plan(100, 10)
const PAUSED = new Error('The upload is paused.')
const { signal } = new AbortController()

function windowOf(from: number, to: number, expiresIn = 3600): SignedParts {
  return packSignedParts(
    {
      ...{ from, to, headers: {} },
      urlTemplate: 'https://s3.example/{partNumber}?{signature}',
      signatures: new Uint8Array((to - from + 1) * 32),
    },
    { expiresAt: '2026-11-21T00:00:00Z', expiresIn },
  )
}

function windows(presign: SigningPorts['presign']): SignedUrls {
  const clock = new VirtualClock()
  return new SignedUrls({ plan: PLAN, clock, lanes: 2, rate: () => undefined, isDone: () => false, presign })
}

/** Calls that are answered by hand. */
function calls<Answer>() {
  const made: { resolve(answer: Answer): void; reject(reason: unknown): void }[] = []
  const call = () => new Promise<Answer>((resolve, reject) => made.push({ resolve, reject }))
  return { made, call }
}

describe('a window of URLs', () => {
  test('that is smaller than asked for does', async () => {
    const asked: number[] = []
    const urls = windows(async (from) => {
      asked.push(from)
      return windowOf(from, from)
    })
    expect(await urls.get(3, signal)).toMatchObject({ partNumber: 3 })
    expect(asked[0]).toBe(3)
  })

  test('of other parts than asked for is an error, and is not asked for again and again', async () => {
    const urls = windows(async () => windowOf(1, 2))
    await expect(urls.get(3, signal)).rejects.toThrow(NotPartwayError)
  })

  test('that is said to be dead on arrival is tried all the same: the store knows', async () => {
    const urls = windows(async (from, to) => windowOf(from, to, 0))
    expect(await urls.get(3, signal)).toMatchObject({ partNumber: 3 })
  })

  test('that was asked for before a pause, and is slow to be given up, is not waited for after it', async () => {
    const { made, call } = calls<SignedParts>()
    const urls = windows(call)
    const before = new AbortController()
    const stopped = urls.sign(1, before.signal)
    before.abort(PAUSED)
    const url = urls.get(1, signal)
    made[0]?.reject(PAUSED)
    await expect(stopped).rejects.toThrow(PAUSED)
    made[1]?.resolve(windowOf(1, 10))
    expect(await url).toMatchObject({ partNumber: 1 })
  })
})

test('URLs with checksums are signed after a pause although those before it were given up late', async () => {
  const { made, call } = calls<SignedParts>()
  const signals: AbortSignal[] = []
  const urls = new SealedUrls(PLAN, 'CRC32', (_, __, signal) => {
    signals.push(signal)
    return call()
  })
  const before = new AbortController()
  const stopped = [1, 2].map((partNumber) => urls.get(partNumber, new Uint8Array(4), before.signal))
  before.abort(PAUSED)
  const url = urls.get(3, new Uint8Array(4), signal)
  for (const get of stopped) await expect(get).rejects.toThrow(PAUSED)
  made[0]?.reject(PAUSED)
  await expect.poll(() => signals).toHaveLength(2)
  expect(signals[1]?.aborted).toBe(false)
  made[1]?.resolve(windowOf(3, 3))
  expect(await url).toMatchObject({ partNumber: 3 })
})
