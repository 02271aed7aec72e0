import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../../local/s3/server.ts'
import { sha256Hex } from '../../signing/sigv4.ts'
import { BUCKET, clientOf, root, send, signHeaders, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const Key = 'a film.mkv'
const path = '/films/a%20film.mkv'
const put = { method: 'PUT', path, body: 'hello' }

const role: Principal = {
  accessKeyId: 'ASIAROLE',
  secretAccessKey: 'role secret',
  sessionToken: 'the/session+token==',
  allows: () => true,
}

/** Both principals are known, and the clock is the test's. */
function start(clock: { now: Date } = { now: new Date() }, principal: Principal = role) {
  const principals = [root, principal]
  return startTestS3({
    findPrincipal: (id) => principals.find(({ accessKeyId }) => accessKeyId === id),
    now: () => clock.now,
  })
}

async function presign(s3: TestS3, expiresIn = 3600, input = {}): Promise<URL> {
  const command = new PutObjectCommand({ Bucket, Key, ...input })
  return new URL(await getSignedUrl(clientOf(s3.server), command, { expiresIn }))
}

function putTo({ port, pathname, search }: URL, body = 'hello', headers: Record<string, string> = {}) {
  const request = { method: 'PUT', path: pathname + search, body }
  return send(Number(port), request, { host: `127.0.0.1:${port}`, ...headers })
}

describe('a signature in the header', () => {
  test('of a stranger is unknown', async () => {
    const s3 = await start()
    const credentials = { accessKeyId: 'nobody', secretAccessKey: 'x' }
    expect(await s3.fetch({ ...put, credentials })).toMatchObject({ status: 403, code: 'InvalidAccessKeyId' })
  })

  test('that does not match is refused, with what the server signed', async () => {
    const s3 = await start()
    const credentials = { ...root, secretAccessKey: 'wrong' }
    const answer = await s3.fetch({ ...put, credentials })
    expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
    expect(answer.text).toContain('<StringToSign>AWS4-HMAC-SHA256&#10;')
    expect(answer.text).toContain('<CanonicalRequest>PUT&#10;/films/a%20film.mkv&#10;')
    expect(answer.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/)
    expect(answer.text).toContain(`<RequestId>${answer.headers['x-amz-request-id']}</RequestId>`)
  })

  test('covers method, path, query, signed headers and body: a change of any one is refused', async () => {
    const s3 = await start()
    const query: [string, string][] = [['response-content-type', 'text/plain']]
    const signed = signHeaders(s3.server.port, { path, query, headers: { range: 'bytes=0-1' } })
    const status = async (change: object, headers = {}) =>
      (await send(s3.server.port, { path, query, ...change }, { ...signed, ...headers })).code
    await s3.fetch(put)
    expect(await status({})).toBeUndefined()
    expect(await status({ method: 'DELETE' })).toBe('SignatureDoesNotMatch')
    expect(await status({ path: '/films/other' })).toBe('SignatureDoesNotMatch')
    expect(await status({ query: [['response-content-type', 'text/html']] })).toBe('SignatureDoesNotMatch')
    expect(await status({}, { range: 'bytes=0-2' })).toBe('SignatureDoesNotMatch')
    const upload = signHeaders(s3.server.port, put)
    expect((await send(s3.server.port, { ...put, body: 'other' }, upload)).code).toBe(
      'XAmzContentSHA256Mismatch',
    )
  })

  test('holds for any key and query that the SDK can write', async () => {
    const s3 = await start()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), async (name) => {
        const input = {
          Bucket,
          Key: name,
          ResponseContentDisposition: `attachment; filename="${encodeURIComponent(name)}"`,
        }
        await s3.client.send(new PutObjectCommand({ Bucket, Key: name, Body: 'x' }))
        const got = await s3.client.send(new GetObjectCommand(input))
        expect(await got.Body?.transformToString()).toBe('x')
        const url = await getSignedUrl(s3.client, new GetObjectCommand(input))
        // Not by fetch, which would turn `/films/.` into `/films/`.
        const { host } = new URL(url)
        const target = url.slice(url.indexOf(host) + host.length)
        expect((await send(s3.server.port, { path: target }, { host })).status).toBe(200)
        await s3.client.send(new DeleteObjectCommand({ Bucket, Key: name }))
      }),
      { numRuns: 40 },
    )
  })

  test('is good for 15 minutes to either side', async () => {
    const clock = { now: new Date() }
    const s3 = await start(clock)
    const signedAt = clock.now
    const at = (minutes: number) => {
      clock.now = new Date(signedAt.getTime() + minutes * 60_000)
      return s3.fetch({ ...put, signedAt })
    }
    expect((await at(14.9)).status).toBe(200)
    expect((await at(-14.9)).status).toBe(200)
    expect(await at(15.1)).toMatchObject({ status: 403, code: 'RequestTimeTooSkewed' })
    expect(await at(-15.1)).toMatchObject({ status: 403, code: 'RequestTimeTooSkewed' })
  })

  test("by another day's key is refused", async () => {
    const s3 = await start()
    const answer = await s3.fetch({ ...put, scopeDate: '20200101' })
    expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  test.each([
    ['AWS partway:signature', 'InvalidRequest'],
    ['Basic cGFydHdheQ==', 'InvalidArgument'],
    ['AWS4-HMAC-SHA256 nonsense', 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 Credential=partway, SignedHeaders=host, Signature=00', 'AuthorizationHeaderMalformed'],
    [
      'AWS4-HMAC-SHA256 Credential=partway/20261121/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00',
      'AuthorizationHeaderMalformed',
    ],
  ])('like %s is refused', async (authorization, code) => {
    const s3 = await start()
    const headers = { ...signHeaders(s3.server.port, put), authorization }
    expect(await send(s3.server.port, put, headers)).toMatchObject({ status: 400, code })
  })

  test('for another region is refused, and the right one named', async () => {
    const s3 = await start()
    const answer = await s3.fetch({ ...put, region: 'eu-central-1' })
    expect(answer).toMatchObject({ status: 400, code: 'AuthorizationHeaderMalformed' })
    expect(answer.text).toContain('<Region>us-east-1</Region>')
  })

  test('must cover every x-amz- header', async () => {
    const s3 = await start()
    const answer = await s3.fetch({ ...put, unsignedHeaders: { 'x-amz-meta-late': '1' } })
    expect(answer).toMatchObject({ status: 403, code: 'AccessDenied' })
    expect(answer.text).toContain('<HeadersNotSigned>x-amz-meta-late</HeadersNotSigned>')
  })

  test('may leave the payload unsigned, but not unsaid', async () => {
    const s3 = await start()
    expect((await s3.fetch({ ...put, payloadHash: 'UNSIGNED-PAYLOAD' })).status).toBe(200)
    expect(await s3.fetch({ ...put, payloadHash: 'whatever' })).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    })
    const { 'x-amz-content-sha256': _, ...headers } = signHeaders(s3.server.port, put)
    expect(await send(s3.server.port, put, headers)).toMatchObject({ status: 400, code: 'InvalidRequest' })
  })
})

test('no signature at all is no access', async () => {
  const s3 = await start()
  expect(await send(s3.server.port, { path }, {})).toMatchObject({ status: 403, code: 'AccessDenied' })
})

describe('a session token', () => {
  const bare = { accessKeyId: role.accessKeyId, secretAccessKey: role.secretAccessKey }

  test('is needed, and needs to be the right one', async () => {
    const s3 = await start()
    const { sessionToken } = role
    expect((await s3.fetch({ ...put, credentials: { ...bare, sessionToken } })).status).toBe(200)
    expect(await s3.fetch({ ...put, credentials: bare })).toMatchObject({
      status: 403,
      code: 'InvalidAccessKeyId',
    })
    expect(await s3.fetch({ ...put, credentials: { ...bare, sessionToken: 'x' } })).toMatchObject({
      status: 400,
      code: 'InvalidToken',
    })
    const foreign = { ...root, sessionToken: 'x' }
    expect(await s3.fetch({ ...put, credentials: foreign })).toMatchObject({
      status: 400,
      code: 'InvalidToken',
    })
  })

  test('travels in a presigned URL too, which dies with the session', async () => {
    const clock = { now: new Date() }
    const session = { ...role, expiresAt: new Date(clock.now.getTime() + 60_000) }
    const s3 = await start(clock, session)
    const url = new URL(await getSignedUrl(clientOf(s3.server, role), new PutObjectCommand({ Bucket, Key })))
    expect((await putTo(url)).status).toBe(200)
    clock.now = new Date(clock.now.getTime() + 60_000)
    expect(await putTo(url)).toMatchObject({ status: 400, code: 'ExpiredToken' })
  })
})

describe('a presigned URL', () => {
  test('does what it says, and nothing else', async () => {
    const s3 = await start()
    const url = await presign(s3)
    expect((await putTo(url)).status).toBe(200)
    const elsewhere = new URL(url)
    elsewhere.pathname = '/films/other'
    expect(await putTo(elsewhere)).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
    const longer = new URL(url)
    longer.searchParams.set('X-Amz-Expires', '3601')
    expect(await putTo(longer)).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  test('expires', async () => {
    const clock = { now: new Date() }
    const s3 = await start(clock)
    const url = await presign(s3, 60)
    clock.now = new Date(clock.now.getTime() + 62_000)
    const answer = await putTo(url)
    expect(answer).toMatchObject({ status: 403, code: 'AccessDenied' })
    expect(answer.text).toContain('<Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires>')
    clock.now = new Date(clock.now.getTime() - 3_600_000)
    expect((await putTo(url)).text).toContain('Request is not yet valid')
  })

  test.each([
    ['X-Amz-Expires', '604801', 'less than a week'],
    ['X-Amz-Expires', '-1', 'non-negative'],
    ['X-Amz-Expires', 'soon', 'should be a number'],
    ['X-Amz-Date', 'today', 'ISO8601'],
    ['X-Amz-Credential', 'partway', 'mal-formed'],
    ['X-Amz-Credential', 'partway/20261121/mars/s3/aws4_request', "the region 'mars' is wrong"],
    ['X-Amz-Algorithm', 'ROT13', 'only supports'],
    ['X-Amz-SignedHeaders', '', 'requires the X-Amz-Algorithm'],
  ])('with %s=%s is refused', async (name, value, message) => {
    const s3 = await start()
    const url = await presign(s3)
    url.searchParams.set(name, value)
    const answer = await putTo(url)
    expect(answer).toMatchObject({ status: 400, code: 'AuthorizationQueryParametersError' })
    expect(answer.text.replaceAll('&#39;', "'")).toContain(message)
  })

  test('must sign the host', async () => {
    const s3 = await start()
    const url = await presign(s3)
    url.searchParams.set('X-Amz-SignedHeaders', 'content-length')
    expect((await putTo(url)).text).toContain('<HeadersNotSigned>host</HeadersNotSigned>')
  })

  test('takes no x-amz- header and no Content-MD5 that it did not sign, but any other header', async () => {
    const s3 = await start()
    const url = await presign(s3)
    const refused = { status: 403, code: 'AccessDenied' }
    expect(await putTo(url, 'hello', { 'x-amz-acl': 'private' })).toMatchObject(refused)
    expect(await putTo(url, 'hello', { 'x-amz-checksum-crc32': 'NhCmhg==' })).toMatchObject(refused)
    expect(await putTo(url, 'hello', { 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' })).toMatchObject(refused)
    expect((await putTo(url, 'hello', { 'content-type': 'text/plain' })).status).toBe(200)
  })

  test('that signs a length takes a body of this length only', async () => {
    const s3 = await start()
    const command = new UploadPartCommand({ Bucket, Key, UploadId: 'none', PartNumber: 1, ContentLength: 5 })
    const url = new URL(await getSignedUrl(clientOf(s3.server), command))
    expect(await putTo(url, 'hello')).toMatchObject({ status: 404, code: 'NoSuchUpload' })
    expect(await putTo(url, 'hell')).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
    expect(await putTo(url, 'hello!')).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
    const chunked = { 'transfer-encoding': 'chunked' }
    expect(await putTo(url, 'hello', chunked)).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  test('enforces a digest that it signs', async () => {
    const s3 = await start()
    const url = new URL(
      await getSignedUrl(
        clientOf(s3.server),
        new PutObjectCommand({ Bucket, Key, ChecksumCRC32: 'NhCmhg==' }),
        {
          unhoistableHeaders: new Set(['x-amz-checksum-crc32']),
        },
      ),
    )
    const headers = { 'x-amz-checksum-crc32': 'NhCmhg==' }
    expect(await putTo(url, 'hello', headers)).toMatchObject({ status: 200 })
    expect(await putTo(url, 'jello', headers)).toMatchObject({ status: 400, code: 'BadDigest' })
    expect(await putTo(url, 'hello')).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  test('ignores checksums in its query, and honours metadata there', async () => {
    const s3 = await start()
    const url = await presign(s3, 60, { ChecksumCRC32: 'AAAAAA==', Metadata: { name: 'x' } })
    expect(url.searchParams.get('x-amz-checksum-crc32')).toBe('AAAAAA==')
    expect((await putTo(url)).status).toBe(200)
    expect((await s3.fetch({ method: 'HEAD', path })).headers['x-amz-meta-name']).toBe('x')
  })

  test('and a header at once are one too many', async () => {
    const s3 = await start()
    const url = await presign(s3)
    const answer = await putTo(url, 'hello', { authorization: 'AWS4-HMAC-SHA256 x' })
    expect(answer).toMatchObject({ status: 400, code: 'InvalidArgument' })
  })

  test('of the second signature version is refused', async () => {
    const s3 = await start()
    const query: [string, string][] = [
      ['AWSAccessKeyId', 'partway'],
      ['Signature', 'x'],
    ]
    expect(await send(s3.server.port, { path, query }, {})).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
    })
  })
})

test('a chunk-signed upload of another seed is refused', async () => {
  const s3 = await start()
  const body = `5;chunk-signature=${sha256Hex('x')}\r\nhello\r\n0;chunk-signature=${sha256Hex('y')}\r\n\r\n`
  const answer = await s3.fetch({
    ...put,
    body,
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    headers: { 'x-amz-decoded-content-length': '5', 'content-encoding': 'aws-chunked' },
  })
  expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
})
