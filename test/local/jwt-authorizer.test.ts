import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createJwtAuthorizer, TokenRefused } from '../../local/jwt-authorizer.ts'

/** An issuer whose keys the tests hold, so that they can forge. */

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

const KEY_ID = 'key-1'
let keys: Keys
let published: { kid: string; keys: Keys }[]
let server: Server
let issuer: string
let authorize: ReturnType<typeof createJwtAuthorizer>

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true })
  server = createServer(async ({ url }, response) => {
    const jwks = async () => ({
      keys: await Promise.all(
        published.map(async ({ kid, keys }) => ({ ...(await exportJWK(keys.publicKey)), kid, use: 'sig' })),
      ),
    })
    const body = url === '/jwks' ? await jwks() : { issuer, jwks_uri: `${issuer}/jwks` }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

beforeEach(() => {
  published = [{ kid: KEY_ID, keys }]
  authorize = createJwtAuthorizer({ issuer, audience: ['partway'] })
})

const claims = () => ({
  iss: issuer,
  sub: 'anna',
  aud: 'partway',
  exp: inSeconds(60),
})
const sign = (payload: object, { key = keys.privateKey, alg = 'RS256', kid = KEY_ID } = {}) =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg, kid }).sign(key)

test('a token of the issuer is taken, with and without Bearer, and its claims come flattened', async () => {
  const token = await sign({ ...claims(), groups: ['staff', 'film'], email_verified: true })
  const taken = {
    claims: {
      iss: issuer,
      sub: 'anna',
      aud: 'partway',
      exp: expect.stringMatching(/^\d+$/),
      groups: '[staff film]',
      email_verified: 'true',
    },
    scopes: null,
  }
  expect(await authorize(`Bearer ${token}`)).toEqual(taken)
  expect(await authorize(token)).toEqual(taken)
})

test('a token that names its client in place of an audience is taken, as Cognito makes them', async () => {
  const { aud: _, ...others } = claims()
  expect(await authorize(await sign({ ...others, client_id: 'partway' }))).toMatchObject({
    claims: { sub: 'anna' },
  })
})

test.each<[string, () => Promise<string | undefined> | string, string]>([
  ['missing', async () => undefined, 'missing'],
  ['no token at all', () => 'Bearer not.a.token', 'is invalid'],
  ['expired', () => sign({ ...claims(), exp: inSeconds(-1) }), '"exp" claim timestamp check failed'],
  ['without an end', () => sign({ ...claims(), exp: undefined }), 'missing required "exp" claim'],
  ['of a time to come', () => sign({ ...claims(), nbf: inSeconds(60) }), '"nbf" claim'],
  ['of another audience', () => sign({ ...claims(), aud: ['other'] }), 'invalid audience'],
  ['of another client', () => sign({ ...claims(), aud: undefined, client_id: 'other' }), 'invalid audience'],
  [
    'of another issuer',
    () => sign({ ...claims(), iss: 'https://other.example' }),
    'unexpected "iss" claim value',
  ],
  [
    'unsigned',
    () => new UnsecuredJWT({ ...claims() }).encode(),
    '"alg" (Algorithm) Header Parameter value not allowed',
  ],
  ['signed with the public key as a secret', signedWithThePublicKey, '"alg" (Algorithm) Header'],
  ['signed by someone else', signedBySomeoneElse, 'signature verification failed'],
])('a token that is %s is refused', async (_, token, reason) => {
  const header = await token()
  const outcome = await authorize(header).catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(TokenRefused)
  expect(String(outcome)).toContain(reason)
})

test('a key that the issuer has rotated away is refused, and its successor taken', async () => {
  const old = await sign(claims())
  await authorize(old)
  const successor = await generateKeyPair('RS256', { extractable: true })
  published = [{ kid: 'key-2', keys: successor }]
  authorize = createJwtAuthorizer({ issuer, audience: ['partway'] })
  await expect(authorize(old)).rejects.toThrow(TokenRefused)
  const fresh = await sign(claims(), { key: successor.privateKey, kid: 'key-2' })
  expect(await authorize(fresh)).toMatchObject({ claims: { sub: 'anna' } })
})

test('an issuer that cannot be reached is no fault of the token, and is asked again', async () => {
  const away = createJwtAuthorizer({ issuer: 'http://127.0.0.1:9', audience: ['partway'] })
  const outcome = await away(await sign(claims())).catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(Error)
  expect(outcome).not.toBeInstanceOf(TokenRefused)
})

async function signedWithThePublicKey(): Promise<string> {
  const { n = '' } = await exportJWK(keys.publicKey)
  return new SignJWT({ ...claims() })
    .setProtectedHeader({ alg: 'HS256', kid: KEY_ID })
    .sign(new TextEncoder().encode(n))
}

async function signedBySomeoneElse(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256')
  return sign(claims(), { key: privateKey })
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}
