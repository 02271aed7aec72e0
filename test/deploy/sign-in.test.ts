import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, call } from '../api/local-aws.ts'
import { at, content, sendParts } from '../api/uploads.ts'
import { createUser as createPoolUser, signIn } from './cognito-users.ts'
import type { EmulatedStack } from './emulator-gaps.ts'
import { createUser as createIamUser } from './iam-users.ts'
import { openStage, type Stage } from './stage.ts'

/** A stack that changes who may call it, in order: each test stands on those before it. */

const film = content(9 * MIB)
const file = { fileName: 'film.mp4', size: film.length }

let stage: Stage
let stack: EmulatedStack

beforeAll(async () => {
  stage = await openStage()
  await stage.cdk.bootstrap()
})
afterAll(() => stage?.close())
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(stage.log())))

describe('auth=iam, which is the default', () => {
  test('deploys', async () => {
    stack = await stage.deploy({})
    expect(await ask(stage.apiUrl, routes.describe)).toMatchObject({ auth: 'iam' })
  })

  test('lets in those whose policy allows it, each to their own keys', async () => {
    const alice = await createIamUser(stack, 'alice', { mayInvoke: true })
    const bob = await createIamUser(stack, 'bob', { mayInvoke: true })
    const { status, body } = await alice.ask(stage.apiUrl, 'POST', '/uploads', file)
    expect(status).toBe(201)
    const { key } = body
    // Hers, though nothing is there yet; his it will never be.
    expect((await alice.ask(stage.apiUrl, 'POST', '/downloads', { key })).status).toBe(404)
    expect((await bob.ask(stage.apiUrl, 'POST', '/downloads', { key })).status).toBe(403)
  })

  test('refuses all others', async () => {
    const carol = await createIamUser(stack, 'carol', { mayInvoke: false })
    const dave = await createIamUser(stack, 'dave', { mayInvoke: true })
    const forger = dave.with({ secretAccessKey: 'guessed' })
    expect((await carol.ask(stage.apiUrl, 'POST', '/uploads', file)).status).toBe(403)
    expect((await forger.ask(stage.apiUrl, 'POST', '/uploads', file)).status).toBe(403)
    expect((await call(stage.apiUrl, routes.initiate, { body: file })).status).toBe(403)
  })
})

describe('auth=cognito', () => {
  test('is an update, and tells where to sign in', async () => {
    stack = await stage.deploy({ auth: 'cognito', origins: stage.pageOrigin })
    expect(await ask(stage.apiUrl, routes.describe)).toMatchObject({
      auth: 'cognito',
      issuer: `https://cognito-idp.us-east-1.amazonaws.com/${stack.outputs.UserPoolId}`,
    })
  })

  test('lets in those who signed in, each to their own keys', async () => {
    const alice = await signInAs('alice@example.com')
    const bob = await signInAs('bob@example.com')
    const upload = await ask(stage.apiUrl, routes.initiate, { body: file, token: alice })
    if (upload.kind !== 'multipart') throw new Error('Expected a multipart upload, got a single PUT.')
    await sendParts(upload, film)

    const { path, query, body } = at(upload)
    for (const [route, request] of [
      [routes['list-parts'], { path, query }],
      [routes.presign, { path, body: { ...body, parts: [1] } }],
      [routes.complete, { path, body }],
      [routes.abort, { path, query }],
      [routes.download, { body }],
    ] as const) {
      expect(await call(stage.apiUrl, route, { ...request, token: bob })).toMatchObject({ status: 403 })
    }
    expect(await ask(stage.apiUrl, routes['list-uploads'], { token: bob })).toEqual({ uploads: [] })
    await ask(stage.apiUrl, routes.complete, { path, body, token: alice })
    expect(await ask(stage.apiUrl, routes['list-objects'], { token: bob })).toEqual({ objects: [] })
    expect((await ask(stage.apiUrl, routes['list-objects'], { token: alice })).objects).toHaveLength(1)
  })

  test('refuses all others', async () => {
    const token = await signInAs('carol@example.com')
    const forged = token.replace(/.{9}$/, 'forgotten')
    expect((await call(stage.apiUrl, routes.initiate, { body: file, token: forged })).status).toBe(401)
    expect((await call(stage.apiUrl, routes.initiate, { body: file })).status).toBe(401)
  })

  async function signInAs(email: string): Promise<string> {
    const { clientId = '' } = await ask(stage.apiUrl, routes.describe)
    await createPoolUser(stage.endpoint, stack.outputs.UserPoolId ?? '', email)
    return signIn({ url: stage.endpoint, clientId, redirectUri: `${stage.pageOrigin}/` }, email)
  }
})
