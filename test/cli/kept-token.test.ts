import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeSignIn } from '../../cli/login.ts'
import { apiName, type KeptTokens, keep, tokenStore } from '../../cli/tokens.ts'
import { keptToken } from '../../cli/tokens-renewal.ts'
import { temporaryFolder } from '../client/servers.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

/** The token that a sign-in leaves behind: what is sent, when it is renewed, and when a person is waited for. */

const API = 'https://api.example.com'
const WHO = { api: API, issuer: 'https://login.example.com', clientId: 'films' }
const { signal } = new AbortController()

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const kept = (token: string, more: Partial<KeptTokens> = {}): KeptTokens => ({
  ...WHO,
  token,
  expiresAt: inSeconds(600),
  ...more,
})
const refusal = () => Object.assign(new Error('no'), { error: 'invalid_grant' })

async function open(first?: KeptTokens, renew?: (kept: KeptTokens) => Promise<KeptTokens>) {
  const folder = await temporaryFolder()
  const store = tokenStore(folder)
  if (first) await store.write(first)
  const asked: KeptTokens[] = []
  const token = () =>
    keptToken({
      store,
      api: API,
      folder,
      renew: async (kept) => {
        asked.push(kept)
        if (!renew) throw refusal()
        return renew(kept)
      },
    })
  return { ...token(), another: token, store, folder, asked }
}

describe('what is sent', () => {
  test('is the token that is kept, for as long as it lives', async () => {
    const { provide, asked } = await open(kept('one', { refreshToken: 'r' }))
    expect(await provide(undefined, signal)).toBe('one')
    expect(asked).toEqual([])
  })

  test('is nothing, where nobody is signed in', async () => {
    const { provide } = await open()
    expect(await provide(undefined, signal)).toBeUndefined()
  })

  test('is nothing, where what is kept is of another API, or no JSON', async () => {
    const { provide, store, folder } = await open(kept('one'))
    const [name = ''] = await readdir(join(folder, 'tokens'))
    await writeFile(
      join(folder, 'tokens', name),
      JSON.stringify(kept('one', { api: 'https://other.example' })),
    )
    expect(await provide(undefined, signal)).toBeUndefined()
    await writeFile(join(folder, 'tokens', name), '{"api":')
    expect(await store.read(API)).toBeUndefined()
  })

  test('is a renewed one, kept for the next command, before the token dies on the way', async () => {
    const { provide, another } = await open(
      kept('one', { refreshToken: 'r', expiresAt: inSeconds(5) }),
      async () => kept('two', { refreshToken: 's' }),
    )
    expect(await provide(undefined, signal)).toBe('two')
    expect(await another().provide(undefined, signal)).toBe('two')
  })

  test('is a renewed one, where the API refuses what seemed good', async () => {
    const { provide } = await open(kept('one', { refreshToken: 'r' }), async () => kept('two'))
    expect(await provide('one', signal)).toBe('two')
  })
})

test('two commands that need another at once use the refresh token once', async () => {
  let held: (() => void) | undefined
  const { provide, another, asked } = await open(
    kept('one', { refreshToken: 'r', expiresAt: inSeconds(-1) }),
    () =>
      new Promise((resolve) => {
        held = () => resolve(kept('two', { refreshToken: 's' }))
      }),
  )
  const both = [provide(undefined, signal), another().provide(undefined, signal)]
  while (!held) await new Promise((resolve) => setTimeout(resolve, 5))
  held()
  expect(await Promise.all(both)).toEqual(['two', 'two'])
  expect(asked).toHaveLength(1)
})

describe('where the issuer renews no more', () => {
  const dead = kept('one', { refreshToken: 'r', expiresAt: inSeconds(-1) })

  test('a command that begins so is told at once', async () => {
    const { provide } = await open(dead)
    expect(await provide(undefined, signal)).toBeUndefined()
  })

  test('one that was let in before waits, asks the issuer no more, and goes on when somebody has signed in', async () => {
    const { store, folder } = await open(dead)
    const [looks, asked]: [number[], KeptTokens[]] = [[], []]
    const watched = {
      ...store,
      read: async (api: string) => {
        if (looks.push(1) === 10) await store.write(kept('fresh', { refreshToken: 's' }))
        return store.read(api)
      },
    }
    const renew = async (kept: KeptTokens) => {
      asked.push(kept)
      throw refusal()
    }
    const clock = new VirtualClock()
    const { provide, taken } = keptToken({ store: watched, api: API, folder, renew, clock })
    taken()
    expect(await provide('one', signal)).toBe('fresh')
    expect(asked).toHaveLength(1)
    expect(clock.now()).toBeGreaterThan(10_000)
  })

  test('who stops waiting is let go', async () => {
    const { provide, taken } = await open(dead)
    taken()
    const stop = new AbortController()
    const waiting = provide('one', stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
  })
})

test('an issuer that cannot be reached is trouble of the network, and asked again', async () => {
  let tries = 0
  const { provide } = await open(kept('one', { refreshToken: 'r', expiresAt: inSeconds(-1) }), async () => {
    if (++tries === 1) throw new Error('fetch failed')
    return kept('two')
  })
  await expect(provide(undefined, signal)).rejects.toThrow('fetch failed')
  expect(await provide(undefined, signal)).toBe('two')
})

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`

test('of an answer, the token for the API is kept, with its own end, and what the answer lacks stays', () => {
  const idToken = jwt({ aud: 'films', name: 'Änna', exp: 2_000_000_000 })
  const answer = { access_token: 'opaque', id_token: idToken, expires_in: 60 }
  expect(keep(answer, { ...WHO, refreshToken: 'before' })).toEqual({
    ...WHO,
    token: idToken,
    expiresAt: '2033-05-18T03:33:20.000Z',
    refreshToken: 'before',
    name: 'Änna',
  })
  const again = { access_token: jwt({ client_id: 'films', exp: 2_000_000_000 }), refresh_token: 'after' }
  expect(keep(again, { ...WHO, refreshToken: 'before', name: 'Änna' })).toMatchObject({
    token: again.access_token,
    refreshToken: 'after',
    name: 'Änna',
  })
})

test('an API is the same with a slash at the end', () => {
  expect(apiName('https://api.example.com/stage//')).toBe('https://api.example.com/stage')
})

test('a folder that cannot be written to fails the sign-in', async () => {
  const file = join(await temporaryFolder(), 'file')
  await writeFile(file, '')
  await expect(tokenStore(file).write(kept('one'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.each<[KeptTokens | undefined, RegExp]>([
  [undefined, /^Nobody is signed in to https:\/\/api\.example\.com\.$/],
  [kept('one', { name: 'Anna', refreshToken: 'r' }), /as Anna; renewed without asking/],
  [kept('one', { expiresAt: '2099-01-01T00:00:00.000Z' }), /until 2099-01-01T00:00:00\.000Z\.$/],
  [kept('one', { expiresAt: '2020-01-01T00:00:00.000Z' }), /which is over: sign in again\.$/],
])('who is signed in is told: %#', (tokens, sentence) => {
  expect(describeSignIn(tokens, API)).toMatch(sentence)
})
