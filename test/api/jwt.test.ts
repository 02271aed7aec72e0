import { beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import type { MultipartUpload } from '../../protocol/schemas.ts'
import { ask, call, useLocalAws } from './local-aws.ts'
import { signInAs } from './oidc.ts'
import { at, content, sendParts } from './uploads.ts'

/** The stack with auth jwt: callers sign in with a real OIDC issuer, and each lives below a prefix of their own. */

const aws = useLocalAws({ auth: 'jwt' })
const film = content(9 * MIB)
const file = { fileName: 'film.mp4', size: film.length }

let anna: string
let bert: string
beforeAll(async () => {
  anna = await signInAs(aws.issuerUrl, aws.apiUrl, 'anna')
  bert = await signInAs(aws.issuerUrl, aws.apiUrl, 'bert')
})

test('GET / is open, and tells where to sign in', async () => {
  expect(await ask(aws.apiUrl, routes.describe)).toMatchObject({
    auth: 'jwt',
    issuer: aws.issuerUrl,
    clientId: 'partway',
  })
})

test.each(Object.values(routes).filter(({ name }) => name !== 'describe'))(
  '$method $path without a token is for nobody',
  async (route) => {
    expect(await call(aws.apiUrl, route, { path: { uploadId: 'u' } })).toMatchObject({
      status: 401,
      body: { message: 'Unauthorized' },
    })
  },
)

test('a token whose payload was changed is refused', async () => {
  const [header, payload = '', signature] = anna.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'bert' })).toString('base64url')
  const token = [header, forged, signature].join('.')
  expect((await call(aws.apiUrl, routes.initiate, { token, body: file })).status).toBe(401)
})

test('a caller uploads, and no other can sign, see, complete, abort or fetch it', async () => {
  const upload = (await ask(aws.apiUrl, routes.initiate, { token: anna, body: file })) as MultipartUpload
  expect(upload.key).toMatch(/^uploads\/[a-z2-7]{26}\//)
  const { path, query, body } = at(upload)

  for (const [route, request] of [
    [routes.presign, { path, body: { ...body, parts: [1] } }],
    [routes['list-parts'], { path, query }],
    [routes.complete, { path, body }],
    [routes.abort, { path, query }],
    [routes.download, { body }],
  ] as const) {
    expect(await call(aws.apiUrl, route, { ...request, token: bert })).toMatchObject({
      status: 403,
      body: { type: 'urn:partway:problem:key-not-yours' },
    })
  }
  expect(await ask(aws.apiUrl, routes['list-uploads'], { token: bert })).toEqual({ uploads: [] })

  await sendParts(upload, film)
  expect(await ask(aws.apiUrl, routes.complete, { token: anna, path, body })).toMatchObject({
    size: film.length,
  })
  expect(await ask(aws.apiUrl, routes['list-objects'], { token: bert })).toEqual({ objects: [] })
  expect((await ask(aws.apiUrl, routes['list-objects'], { token: anna })).objects).toHaveLength(1)
})

test('no encoding of a key, and no cursor, leads to what is another caller’s', async () => {
  const upload = (await ask(aws.apiUrl, routes.initiate, { token: anna, body: file })) as MultipartUpload
  await sendParts(upload, film)
  const [prefix = '', owner = '', id = '', name = ''] = upload.key.split('/')
  const own = (await ask(aws.apiUrl, routes.initiate, { token: bert, body: file })) as MultipartUpload
  const bertsOwn = own.key.split('/')[1] ?? ''
  const keys = [
    upload.key,
    encodeURIComponent(upload.key),
    upload.key.replaceAll('/', '%2F'),
    upload.key.replaceAll('/', '%252F'),
    `/${upload.key}`,
    `./${upload.key}`,
    `${upload.key}/`,
    `${upload.key} `,
    `${upload.key}\u0000`,
    `${prefix}//${owner}/${id}/${name}`,
    `${prefix}/${owner.toUpperCase()}/${id}/${name}`,
    `${prefix}/${bertsOwn}/../${owner}/${id}/${name}`,
    `${prefix}/${bertsOwn}/%2e%2e/${owner}/${id}/${name}`,
    `${prefix}/${bertsOwn}/${owner}/${id}/${name}`,
    `${prefix}/${bertsOwn}\\..\\${owner}/${id}/${name}`,
    `${prefix}/${bertsOwn}/${id}/../../${owner}/${id}/${name}`,
    `${prefix}/${owner}\u200b/${id}/${name}`,
  ]
  for (const key of keys) {
    const { path } = at(upload)
    for (const [route, request] of [
      [routes.presign, { path, body: { key, parts: [1] } }],
      [routes['list-parts'], { path, query: { key } }],
      [routes.complete, { path, body: { key } }],
      [routes.abort, { path, query: { key } }],
      [routes.download, { body: { key } }],
    ] as const) {
      const { status } = await call(aws.apiUrl, route, { ...request, token: bert })
      expect({ route: route.name, key, status }).toEqual({ route: route.name, key, status: 403 })
    }
  }
  // Bert's own prefix with Anna's id: a key of his, at which there is nothing.
  const borrowed = `${prefix}/${bertsOwn}/${id}/${name}`
  const { path } = at(upload)
  for (const [route, request] of [
    [routes['list-parts'], { path, query: { key: borrowed } }],
    [routes.complete, { path, body: { key: borrowed } }],
    [routes.download, { body: { key: borrowed } }],
  ] as const) {
    expect(await call(aws.apiUrl, route, { ...request, token: bert })).toMatchObject({ status: 404 })
  }
  const { signed } = await ask(aws.apiUrl, routes.presign, {
    token: bert,
    path,
    body: { key: borrowed, parts: [1] },
  })
  const put = { method: 'PUT', body: film.slice(0, 8 * MIB) }
  expect((await fetch('parts' in signed ? (signed.parts[0]?.url ?? '') : '', put)).status).toBe(404)

  const cursor = Buffer.from(JSON.stringify([upload.key, upload.uploadId])).toString('base64url')
  for (const name of ['list-uploads', 'list-objects'] as const) {
    expect((await call(aws.apiUrl, routes[name], { token: bert, query: { cursor } })).status).toBe(400)
  }
  expect(
    (await ask(aws.apiUrl, routes['list-parts'], { token: anna, ...at(upload), body: undefined })).parts,
  ).toHaveLength(2)
})

test('the same person comes back to the same prefix', async () => {
  const again = await signInAs(aws.issuerUrl, aws.apiUrl, 'anna')
  expect(again).not.toBe(anna)
  expect((await ask(aws.apiUrl, routes['list-objects'], { token: again })).objects).toHaveLength(1)
})
