import { expect, test, vi } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { formatKey } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'
import { routes } from '../../protocol/routes.ts'
import { environment } from './environment.ts'
import { invoke } from './invoke.ts'

const ISSUER = 'https://id.example.com'

const presignUnder = {
  iam: await handlerUnder({ AUTH: 'iam' }),
  jwt: await handlerUnder({ AUTH: 'jwt', OIDC_ISSUER: ISSUER, OIDC_CLIENT_ID: 'web' }),
}

/** The handler as it is in a stack of this auth: the environment is read at load. */
async function handlerUnder(auth: Record<string, string>) {
  for (const [name, value] of Object.entries(auth)) vi.stubEnv(name, value)
  vi.resetModules()
  const { handler } = await import('../../lambda/presign.ts')
  vi.unstubAllEnvs()
  return handler
}

const keyOf = (caller: string) =>
  formatKey({
    prefix: environment.KEY_PREFIX,
    caller,
    id: '019aa3b0-1234-7abc-8def-0123456789ab',
    plan: plan(20 * MIB, 8 * MIB),
    fileName: 'film.mp4',
  })
const presign = (auth: keyof typeof presignUnder, key: string, authorizer?: object) =>
  invoke(presignUnder[auth], routes.presign, {
    path: { uploadId: 'u-1' },
    body: { key, parts: [1] },
    ...(authorizer && { authorizer }),
  })
const presignAs = (userId: string, key: string) => presign('iam', key, { iam: { userId } })
const presignWith = (claims: object, key: string) => presign('jwt', key, { jwt: { claims, scopes: null } })

test('under iam a caller is the unique id before the colon, in every session of a role', async () => {
  expect((await presignAs('AROAEXAMPLE:session-1', keyOf('AROAEXAMPLE'))).status).toBe(200)
  expect((await presignAs('AROAEXAMPLE:session-2', keyOf('AROAEXAMPLE'))).status).toBe(200)
  expect((await presignAs('AIDAEXAMPLE', keyOf('AIDAEXAMPLE'))).status).toBe(200)
})

test("a key of another caller's is refused", async () => {
  expect(await presignAs('AROAOTHER:session-1', keyOf('AROAEXAMPLE'))).toMatchObject({
    status: 403,
    body: { type: 'urn:partway:problem:key-not-yours' },
  })
})

test('under jwt a caller is a hash of issuer and subject, whatever the token', async () => {
  // printf 'https://id.example.com\nanna' | openssl dgst -sha256 -binary | base32 | tr A-Z a-z | cut -c1-26
  const anna = keyOf('2haeldfj6mxuxqmpqqrt64hdz7')
  expect((await presignWith({ iss: ISSUER, sub: 'anna', jti: '1' }, anna)).status).toBe(200)
  expect((await presignWith({ iss: ISSUER, sub: 'anna', jti: '2' }, anna)).status).toBe(200)
  expect((await presignWith({ iss: ISSUER, sub: 'bert' }, anna)).status).toBe(403)
  expect((await presignWith({ iss: 'https://other.example.com', sub: 'anna' }, anna)).status).toBe(403)
})

test.each([
  ['iam', undefined],
  ['iam', { iam: {} }],
  ['jwt', undefined],
  ['jwt', { jwt: { claims: { iss: ISSUER } } }],
] as const)('a route under %s that lost its authorizer answers no one', async (auth, authorizer) => {
  const answer = await presign(auth, keyOf('public'), authorizer)
  expect(answer).toMatchObject({ status: 500, body: { type: 'urn:partway:problem:internal-error' } })
  expect(JSON.stringify(answer.body)).not.toContain('authorizer')
})
