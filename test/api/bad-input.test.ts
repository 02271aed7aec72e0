import { S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import { formatKey } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'
import { type Route, routes } from '../../protocol/routes.ts'
import type { MultipartUpload } from '../../protocol/schemas.ts'
import { type Call, call, useLocalAws } from './local-aws.ts'
import { at, content, initiate, sendParts } from './uploads.ts'

/** What people send by mistake or by malice, over real HTTP: always a 4xx that says what to do, never a 5xx. */

const aws = useLocalAws()

const ID = '019aa3b0-1234-7abc-8def-0123456789ab'
const keyOf = (caller: string, prefix = 'uploads') =>
  formatKey({ prefix, caller, id: ID, plan: plan(20 * MIB, 8 * MIB), fileName: 'film.mp4' })
const ours = keyOf('public')
const file = { fileName: 'film.mp4', size: 20 * MIB }
const path = { uploadId: 'no-such-upload' }

const { initiate: post, presign, complete, abort, download } = routes
const listParts = routes['list-parts']

test.each<[string, Route, Call, number, string]>([
  ['no body', post, {}, 400, 'invalid-request'],
  ['an empty body', post, { body: '' }, 400, 'invalid-request'],
  ['not JSON', post, { body: '{' }, 400, 'invalid-request'],
  ['null', post, { body: 'null' }, 400, 'invalid-request'],
  ['an array', post, { body: [] }, 400, 'invalid-request'],
  ['an unknown field', post, { body: { ...file, colour: 'red' } }, 400, 'invalid-request'],
  ['__proto__', post, { body: '{"__proto__":{"a":1},"fileName":"a","size":1}' }, 400, 'invalid-request'],
  ['a negative size', post, { body: { ...file, size: -1 } }, 400, 'invalid-request'],
  ['a fractional size', post, { body: { ...file, size: 0.5 } }, 400, 'invalid-request'],
  ['a size in text', post, { body: { ...file, size: '20' } }, 400, 'invalid-request'],
  ['a size of null', post, { body: { ...file, size: null } }, 400, 'invalid-request'],
  ['a size one byte too large', post, { body: { ...file, size: 53_687_091_200_001 } }, 413, 'too-large'],
  ['a size beyond integers', post, { body: '{"fileName":"a","size":1e300}' }, 413, 'too-large'],
  ['an empty name', post, { body: { ...file, fileName: '' } }, 400, 'invalid-request'],
  ['an over-long name', post, { body: { ...file, fileName: 'a'.repeat(1_025) } }, 400, 'invalid-request'],
  ['parts too small', post, { body: { ...file, partSize: 4 * MIB } }, 400, 'invalid-request'],
  ['a part size of no whole MiB', post, { body: { ...file, partSize: 5_242_881 } }, 400, 'invalid-request'],
  ['parts too large', post, { body: { ...file, partSize: 5121 * MIB } }, 400, 'invalid-request'],
  [
    'too many parts',
    post,
    { body: { ...file, size: 50_001 * MIB, partSize: 5 * MIB } },
    400,
    'too-many-parts',
  ],
  [
    'a whole checksum of parts',
    post,
    { body: { ...file, checksum: crc('AAAAAAAAAAA=') } },
    400,
    'invalid-request',
  ],
  [
    '3 KB of metadata',
    post,
    { body: { ...file, metadata: { a: 'x'.repeat(3_000) } } },
    400,
    'invalid-request',
  ],
  ['part 0', presign, { path, body: { key: ours, parts: [0] } }, 400, 'invalid-request'],
  [
    'part 10,001',
    presign,
    { path, body: { key: ours, parts: { from: 1, to: 10_001 } } },
    400,
    'invalid-request',
  ],
  ['a part outside the plan', presign, { path, body: { key: ours, parts: [4] } }, 400, 'invalid-request'],
  ['a key of no one', presign, { path, body: { key: '../../etc/passwd', parts: [1] } }, 403, 'key-not-yours'],
  [
    "another caller's key",
    presign,
    { path, body: { key: keyOf('other'), parts: [1] } },
    403,
    'key-not-yours',
  ],
  [
    'a key of another prefix',
    presign,
    { path, body: { key: keyOf('public', 'x'), parts: [1] } },
    403,
    'key-not-yours',
  ],
  ['an unknown upload', listParts, { path, query: { key: ours } }, 404, 'upload-unknown'],
  ['no key', listParts, { path }, 400, 'invalid-request'],
  ['an empty key', listParts, { path, query: { key: '' } }, 400, 'invalid-request'],
  ["another caller's key to list", listParts, { path, query: { key: keyOf('other') } }, 403, 'key-not-yours'],
  ['an unknown upload to complete', complete, { path, body: { key: ours } }, 404, 'upload-unknown'],
  [
    'an upload id of symbols',
    complete,
    { path: { uploadId: '%/../?#é' }, body: { key: ours } },
    404,
    'upload-unknown',
  ],
  [
    'a foreign part',
    complete,
    { path, body: { key: ours, parts: [{ partNumber: 4 }] } },
    400,
    'invalid-request',
  ],
  [
    'part 10,001 to complete',
    complete,
    { path, body: { key: ours, parts: [{ partNumber: 10_001 }] } },
    400,
    'invalid-request',
  ],
  [
    'a checksum of another length',
    complete,
    { path, body: { key: ours, checksum: crc('AAAA') } },
    400,
    'invalid-request',
  ],
  [
    'a checksum that is not base64',
    complete,
    { path, body: { key: ours, checksum: crc('????????????') } },
    400,
    'invalid-request',
  ],
  [
    "another caller's key to complete",
    complete,
    { path, body: { key: keyOf('other') } },
    403,
    'key-not-yours',
  ],
  ["another caller's key to abort", abort, { path, query: { key: keyOf('other') } }, 403, 'key-not-yours'],
  ['a body of 7 MB', post, { body: { ...file, fileName: 'a'.repeat(7_000_000) } }, 413, ''],
  ['a body of 11 MB', post, { body: { ...file, fileName: 'a'.repeat(11_000_000) } }, 413, ''],
  ['no such object', download, { body: { key: ours } }, 404, 'object-unknown'],
  ["another caller's object", download, { body: { key: keyOf('other') } }, 403, 'key-not-yours'],
])('%s is answered with what to do', async (_, route, request, status, type) => {
  const answer = await call(aws.apiUrl, route, request)
  expect(answer.status).toBe(status)
  if (type === '') {
    expect(answer.body).toEqual({ message: expect.any(String) })
  } else {
    expect(answer.contentType).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      type: `urn:partway:problem:${type}`,
      status,
      detail: expect.stringMatching(/^.{20,}$/s),
      requestId: expect.stringMatching(/.{8,}/),
    })
  }
})

test('a name such as ../ or of lone surrogates is taken and made safe', async () => {
  for (const fileName of ['../', '..', '/', '\u0000', '\ud800', '映'.repeat(341)]) {
    const { key } = await initiate(aws.apiUrl, new Uint8Array(9 * MIB), { fileName })
    expect(key).toMatch(/^uploads\/public\/[0-9a-z-]+\/[^/]+$/)
  }
})

test('a complete with a short part and a foreign one names the short one, and leaves the foreign one out', async () => {
  const film = content(20 * MIB)
  const upload = await initiate(aws.apiUrl, film)
  await sendParts(upload, film, [1, 3])
  const s3 = new S3Client({
    endpoint: aws.s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: ROOT_CREDENTIALS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const Bucket = bucketOf(upload)
  const put = (PartNumber: number, Body: Uint8Array) =>
    s3.send(new UploadPartCommand({ Bucket, Key: upload.key, UploadId: upload.uploadId, PartNumber, Body }))
  await put(2, film.subarray(8 * MIB, 16 * MIB - 1))
  await put(9, film.subarray(0, 5 * MIB))

  const { path: real, body } = at(upload)
  expect(await call(aws.apiUrl, complete, { path: real, body })).toMatchObject({
    status: 409,
    body: { type: 'urn:partway:problem:parts-missing', missing: [], mismatched: [2] },
  })
  await sendParts(upload, film, [2])
  expect(await call(aws.apiUrl, complete, { path: real, body })).toMatchObject({
    status: 200,
    body: { size: film.length },
  })
})

test.each(['list-uploads', 'list-objects'] as const)('no cursor of %s gives a 5xx', async (name) => {
  for (const marker of [
    'a\ud800b',
    'uploads/public/a\ud800b',
    `uploads/public/${'a'.repeat(2_000)}`,
    'uploads/public/\u0000',
    'x',
  ]) {
    for (const position of [[marker], [marker, 'no-such-upload']]) {
      const cursor = Buffer.from(JSON.stringify(position)).toString('base64url')
      const { status } = await call(aws.apiUrl, routes[name], { query: { cursor } })
      expect({ marker, status }).toEqual({ marker, status: 400 })
    }
  }
})

test('a part left out of a complete’s own list is missing, though S3 holds it', async () => {
  const film = content(20 * MIB)
  const upload = await initiate(aws.apiUrl, film)
  await sendParts(upload, film)
  const { path: real, body } = at(upload)
  const parts = [{ partNumber: 1 }, { partNumber: 3 }]
  expect(await call(aws.apiUrl, complete, { path: real, body: { ...body, parts } })).toMatchObject({
    status: 409,
    body: { missing: [2], mismatched: [] },
  })
})

test('whatever JSON comes, no route answers with a 5xx', async () => {
  const withKey = fc.record({ key: fc.constantFrom(ours, keyOf('other')) }, { requiredKeys: [] })
  const body = fc
    .tuple(withKey, fc.jsonValue())
    .map(([known, value]) => ({ ...known, ...(Object(value) as object) }))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values<Route>(routes)),
      fc.oneof(body, fc.jsonValue()),
      fc.dictionary(fc.constantFrom('key', 'limit', 'cursor', 'details', 'format', 'x'), fc.string()),
      async (route, body, query) => {
        const { status } = await call(aws.apiUrl, route, {
          path,
          query,
          ...(route.method !== 'GET' && { body: JSON.stringify(body) }),
        })
        expect(status).toBeLessThan(500)
      },
    ),
    { numRuns: 200 },
  )
})

function crc(value: string) {
  return { algorithm: 'CRC64NVME', value }
}

function bucketOf({ signed }: MultipartUpload): string {
  const url = 'parts' in signed ? signed.parts[0]?.url : signed.urlTemplate
  return new URL(url ?? '').pathname.split('/')[1] ?? ''
}
