import { expect, test } from 'vitest'
import {
  type AwsCredentials,
  CredentialsError,
  type CredentialsProvider,
  staticCredentials,
} from '../../client/node/s3/credentials.ts'
import { Session } from '../../client/node/s3/session.ts'
import { StoreTime } from '../../client/node/s3/store-time.ts'
import type { Wakes } from '../../client/ports.ts'
import { TIMING } from '../../client/timing.ts'
import { NO_WAKES } from '../../client/wakes.ts'
import { VirtualClock } from './virtual-clock.ts'

const EPOCH = Date.UTC(2026, 10, 21)
const OLD = credentials('old')
const FRESH = credentials('fresh')

function credentials(name: string, secondsLeft?: number): AwsCredentials {
  return {
    accessKeyId: name,
    secretAccessKey: `secret of ${name}`,
    ...(secondsLeft !== undefined && { expiration: new Date(EPOCH + secondsLeft * 1000) }),
  }
}

function open(provider: CredentialsProvider, wakes: Wakes = NO_WAKES) {
  const clock = new VirtualClock()
  const time = new StoreTime(() => new Date(EPOCH + clock.now()))
  const session = new Session(provider, time, { clock, timing: TIMING, wakes, random: () => 1 })
  const waits: (string | undefined)[] = []
  session.waits.subscribe(() => waits.push(session.waits.current?.for))
  return { session, clock, waits }
}

/** Gives these in turn, the last for ever; an error is thrown. */
function inTurn(...answers: (AwsCredentials | Error)[]) {
  const asked: boolean[] = []
  const provider: CredentialsProvider = async ({ forceRefresh = false } = {}) => {
    const answer = answers[Math.min(asked.push(forceRefresh), answers.length) - 1]
    if (answer instanceof Error) throw answer
    if (!answer) throw new Error('Expected an answer.')
    return answer
  }
  return { provider, asked }
}

const { signal } = new AbortController()

test('credentials are asked for once, as long as nobody refuses them', async () => {
  const { provider, asked } = inTurn(OLD)
  const { session, waits } = open(provider)
  expect(await Promise.all([session.get(signal), session.get(signal)])).toEqual([OLD, OLD])
  expect(await session.get(signal)).toBe(OLD)
  expect({ asked, waits }).toEqual({ asked: [false], waits: [] })
})

test('a provider that hangs keeps nobody waiting as long as there are good ones', async () => {
  const dying = credentials('dying', 200)
  let asked = 0
  const { session, clock } = open(() => (asked++ === 0 ? Promise.resolve(dying) : new Promise(() => {})))
  await session.get(signal)
  expect(await session.get(signal)).toBe(dying)
  expect(await session.get(signal)).toBe(dying)
  expect({ asked, now: clock.now() }).toEqual({ asked: 2, now: 2_000 })
})

test('refused ones are asked for again at once, past whatever is remembered, and nobody waits where others come', async () => {
  const { provider, asked } = inTurn(OLD, FRESH)
  const { session, clock, waits } = open(provider)
  session.refuse(await session.get(signal))
  expect(await session.get(signal)).toBe(FRESH)
  expect({ asked, waits, now: clock.now() }).toEqual({ asked: [false, true], waits: [], now: 0 })
})

test('a refusal of those before the current ones changes nothing', async () => {
  const { provider, asked } = inTurn(OLD, FRESH)
  const { session } = open(provider)
  const old = await session.get(signal)
  session.refuse(old)
  await session.get(signal)
  session.refuse(old)
  expect(await session.get(signal)).toBe(FRESH)
  expect(asked).toHaveLength(2)
})

test('where the same ones come back, all who need some wait, until fresh ones come', async () => {
  const { provider, asked } = inTurn(OLD, OLD, new Error('half a file'), OLD, FRESH)
  const { session, clock, waits } = open(provider)
  session.refuse(await session.get(signal))
  const waiting = [session.get(signal), session.get(signal)]
  expect(await Promise.all(waiting)).toEqual([FRESH, FRESH])
  expect({ waits, now: clock.now() }).toEqual({
    waits: ['credentials', 'credentials', 'credentials', undefined],
    now: 250 + 500 + 1000,
  })
  expect(asked).toHaveLength(5)
})

test('the message says what to do, and what the provider says', async () => {
  const { provider } = inTurn(OLD, new Error('The SSO session has expired.'), FRESH)
  const { session } = open(provider)
  const messages: (string | undefined)[] = []
  session.waits.subscribe(() => messages.push(session.waits.current?.message))
  session.refuse(await session.get(signal))
  await session.get(signal)
  expect(messages[0]).toMatch(/Renew them.*goes on by itself.*The SSO session has expired/s)
  expect(messages.at(-1)).toBeUndefined()
})

test('they are looked for every few seconds, never more rarely', async () => {
  const { provider } = inTurn(...Array<AwsCredentials>(30).fill(OLD), FRESH)
  const { session, clock } = open(provider)
  session.refuse(await session.get(signal))
  await session.get(signal)
  expect(clock.now()).toBeLessThan(29 * 5000)
  expect(clock.now()).toBeGreaterThan(20 * 5000)
})

test('a wake ends the wait at once', async () => {
  const listeners = new Set<() => void>()
  const wakes: Wakes = {
    online: true,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const { provider } = inTurn(OLD, OLD, FRESH)
  const { session, clock } = open(provider, wakes)
  session.refuse(await session.get(signal))
  const waiting = session.get(signal)
  const wake = () => {
    for (const listener of listeners) listener()
  }
  session.waits.subscribe(() => queueMicrotask(() => queueMicrotask(wake)))
  expect(await waiting).toBe(FRESH)
  expect(clock.now()).toBe(0)
  expect(listeners.size).toBe(0)
})

test('expired ones are never used, whether they were refused or not', async () => {
  const { provider } = inTurn(credentials('a', 600), credentials('a', 600), FRESH)
  const { session, clock, waits } = open(provider)
  await session.get(signal)
  await new Promise<void>((resolve) => void clock.after(601_000, resolve))
  expect(await session.get(signal)).toBe(FRESH)
  expect(waits).toEqual(['credentials', undefined])
})

test('others are asked for before these expire, and these are used for as long as none come', async () => {
  const { provider } = inTurn(credentials('a', 200), new Error('not yet'), credentials('b', 4000))
  const { session, waits } = open(provider)
  expect(await session.get(signal)).toMatchObject({ accessKeyId: 'a' })
  expect(await session.get(signal)).toMatchObject({ accessKeyId: 'a' })
  expect(await session.get(signal)).toMatchObject({ accessKeyId: 'b' })
  expect(waits).toEqual([])
})

test('where there never were any, the provider’s own error is thrown at once', async () => {
  const { provider } = inTurn(new CredentialsError('No profile.'))
  await expect(open(provider).session.get(signal)).rejects.toThrow('No profile.')
})

test('fixed ones that are refused are not waited for: another run may have others', async () => {
  const { session } = open(staticCredentials(OLD))
  session.refuse(await session.get(signal))
  const refused = session.get(signal)
  await expect(refused).rejects.toThrow(CredentialsError)
  await expect(refused).rejects.toMatchObject({ resumable: true })
})

test('fresh ones that are refused one after the other are not asked for in a hot loop', async () => {
  let minted = 0
  const { session, clock } = open(async () => credentials(String(++minted)))
  for (let refusal = 0; refusal < 5; refusal++) session.refuse(await session.get(signal))
  await session.get(signal)
  expect(clock.now()).toBe(250 + 500 + 1000 + 2000)
})

test('who stops waiting is let go at once, and when nobody waits any more, nobody asks', async () => {
  const { provider, asked } = inTurn(OLD)
  const { session, waits } = open(provider)
  session.refuse(await session.get(signal))
  const stop = new AbortController()
  const [one, other] = [session.get(stop.signal), session.get(stop.signal)]
  await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort(new Error('stopped'))
  await expect(one).rejects.toThrow('stopped')
  await expect(other).rejects.toThrow('stopped')
  const before = asked.length
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(asked).toHaveLength(before)
  expect(waits.at(-1)).toBeUndefined()
})
