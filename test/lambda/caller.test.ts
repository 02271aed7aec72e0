import { beforeAll, expect, test, vi } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { formatKey } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'
import { routes } from '../../protocol/routes.ts'
import { environment } from './environment.ts'
import { invoke } from './invoke.ts'

let presign: typeof import('../../lambda/presign.ts').handler

beforeAll(async () => {
  vi.stubEnv('AUTH', 'iam')
  vi.resetModules()
  presign = (await import('../../lambda/presign.ts')).handler
  return () => {
    vi.unstubAllEnvs()
  }
})

const keyOf = (caller: string) =>
  formatKey({
    prefix: environment.KEY_PREFIX,
    caller,
    id: '019aa3b0-1234-7abc-8def-0123456789ab',
    plan: plan(20 * MIB, 8 * MIB),
    fileName: 'film.mp4',
  })
const presignAs = (userId: string, key: string) =>
  invoke(presign, routes.presign, {
    path: { uploadId: 'u-1' },
    body: { key, parts: [1] },
    authorizer: { iam: { userId } },
  })

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

test('a route that lost its authorizer answers no one', async () => {
  const answer = await invoke(presign, routes.presign, {
    path: { uploadId: 'u-1' },
    body: { key: keyOf('public'), parts: [1] },
  })
  expect(answer).toMatchObject({ status: 500, body: { type: 'urn:partway:problem:internal-error' } })
  expect(JSON.stringify(answer.body)).not.toContain('authorizer')
})
