import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RawAnswer, send, signHeaders, startTestS3, type TestS3 } from './s3-harness.ts'

/** A 4xx, or S3's 501, with an XML body that names the error; and the server still answers others. */
async function expectRefused(s3: TestS3, answer: RawAnswer): Promise<void> {
  expect(answer.status === 501 || (answer.status >= 400 && answer.status < 500)).toBe(true)
  expect(answer.code).toMatch(/^[A-Z]\w+$/)
  expect((await s3.fetch({ method: 'HEAD', path: '/films' })).status).toBe(200)
}

describe('malformed input', () => {
  const uploads: [string, string] = ['uploads', '']
  test.each([
    ['a path that is no UTF-8', { path: '/films/%ff' }, 'InvalidURI'],
    ['a path that is no escape', { path: '/films/%zz' }, 'InvalidURI'],
    ['an unknown sub-resource', { path: '/films', query: [['policy', '']] }, 'NotImplemented'],
    [
      'an unknown sub-resource of an object',
      { path: '/films/x', query: [['torrent', '']] },
      'NotImplemented',
    ],
    ['a version', { path: '/films/x', query: [['versionId', 'x']] }, 'NotImplemented'],
    ['a POST that means nothing', { method: 'POST', path: '/films/x' }, 'MethodNotAllowed'],
    ['a method of another world', { method: 'MKCOL', path: '/films/x' }, 'MethodNotAllowed'],
    [
      'a part of a copy',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-copy-source': '/a/b' } },
      'NotImplemented',
    ],
    ['tags', { method: 'PUT', path: '/films/x', headers: { 'x-amz-tagging': 'a=b' } }, 'NotImplemented'],
    [
      'a public ACL',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-acl': 'public-read' } },
      'NotImplemented',
    ],
    [
      'a KMS key',
      {
        method: 'POST',
        path: '/films/x',
        query: [uploads],
        headers: { 'x-amz-server-side-encryption': 'aws:kms' },
      },
      'NotImplemented',
    ],
    ['no XML', { method: 'PUT', path: '/films', query: [['cors', '']], body: 'hello' }, 'MalformedXML'],
    ['other XML', { method: 'PUT', path: '/films', query: [['cors', '']], body: '<Other/>' }, 'MalformedXML'],
    [
      'unclosed XML',
      { method: 'PUT', path: '/films', query: [['lifecycle', '']], body: '<LifecycleConfiguration>' },
      'MalformedXML',
    ],
    [
      'an entity bomb',
      {
        method: 'PUT',
        path: '/films',
        query: [['cors', '']],
        body: '<!DOCTYPE a [<!ENTITY b "c">]><CORSConfiguration>&b;</CORSConfiguration>',
      },
      'MalformedXML',
    ],
    [
      'a huge document',
      { method: 'PUT', path: '/films', query: [['cors', '']], body: 'x'.repeat(4 * 1024 * 1024 + 1) },
      'MaxMessageLengthExceeded',
    ],
    [
      'no length',
      { method: 'PUT', path: '/films/x', headers: { 'transfer-encoding': 'chunked' } },
      'NotImplemented',
    ],
    [
      'no decoded length',
      { method: 'PUT', path: '/films/x', payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
      'MissingContentLength',
    ],
    [
      'another streaming signature',
      { method: 'PUT', path: '/films/x', payloadHash: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' },
      'NotImplemented',
    ],
    [
      'a wrong decoded length',
      {
        method: 'PUT',
        path: '/films/x',
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: { 'x-amz-decoded-content-length': '3' },
        body: '1\r\na\r\n0\r\n\r\n',
      },
      'IncompleteBody',
    ],
    [
      'a missing trailer',
      {
        method: 'PUT',
        path: '/films/x',
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: { 'x-amz-decoded-content-length': '1', 'x-amz-trailer': 'x-amz-checksum-crc32' },
        body: '1\r\na\r\n0\r\n\r\n',
      },
      'InvalidRequest',
    ],
    ['an upload id of another form', { path: '/films/x', query: [['uploadId', '../..']] }, 'NoSuchUpload'],
    ['a part number that is none', { path: '/films/x', query: [['partNumber', 'x']] }, 'InvalidArgument'],
  ] as [string, Parameters<TestS3['fetch']>[0], string][])(
    '%s is answered in XML',
    async (_, request, code) => {
      const s3 = await startTestS3()
      await s3.fetch({ method: 'PUT', path: '/films/x', body: 'x' })
      const answer = await s3.fetch(request)
      expect(answer.code).toBe(code)
      await expectRefused(s3, answer)
    },
  )

  test('of any kind, signed or not, gives no 500', async () => {
    const s3 = await startTestS3()
    const name = fc.constantFrom(
      'uploads',
      'uploadId',
      'partNumber',
      'list-type',
      'max-keys',
      'cors',
      'lifecycle',
      'delete',
      'location',
      'prefix',
      'continuation-token',
      'part-number-marker',
      'X-Amz-Date',
      'X-Amz-Algorithm',
      'response-expires',
    )
    const header = fc.constantFrom(
      'range',
      'if-match',
      'if-none-match',
      'if-modified-since',
      'if-range',
      'content-md5',
      'content-type',
      'x-amz-checksum-crc32',
      'x-amz-checksum-algorithm',
      'x-amz-checksum-type',
      'x-amz-mp-object-size',
      'x-amz-trailer',
      'origin',
      'x-amz-meta-a',
      'content-encoding',
      'x-amz-decoded-content-length',
      'authorization',
      'x-amz-date',
    )
    const value = fc.oneof(
      fc.constantFrom('', '0', '1', '2', '-1', 'bytes=-', '99999999999999999999', 'AAAA', 'CRC32'),
      fc.string(),
    )
    const printable = value.map((text) => text.replace(/[^\x20-\x7e]/g, '?').trim())
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'),
        fc.constantFrom(
          '/',
          '/films',
          '/films/',
          '/films/x',
          '/films/x/../y',
          '/none/x',
          '//',
          '/films/%00',
          '/f%2Fg',
        ),
        fc.uniqueArray(fc.tuple(name, value), { maxLength: 3, selector: ([each]) => each }),
        fc.dictionary(header, printable, { maxKeys: 3 }),
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            '<a/>',
            '<Delete><Object/></Delete>',
            '<CompleteMultipartUpload/>',
            '<CORSConfiguration><CORSRule/></CORSConfiguration>',
          ),
        ),
        fc.boolean(),
        async (method, path, query, headers, body, signed) => {
          fc.pre(query.every(([, text]) => text.isWellFormed()))
          const raw = { method, path, query, headers, body }
          const sent = signed ? signHeaders(s3.server.port, raw) : headers
          const { status } = await send(s3.server.port, raw, {
            ...sent,
            'content-length': String(Buffer.byteLength(body)),
          })
          expect(status === 501 || status < 500).toBe(true)
        },
      ),
      { numRuns: 400 },
    )
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 'BadRequest'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      'RequestHeaderSectionTooLarge',
    ],
    [
      'two lengths',
      'PUT /films/x HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      'BadRequest',
    ],
  ])('like %s is answered in XML, too', async (_, text, code) => {
    const s3 = await startTestS3()
    const socket = connect(s3.server.port, '127.0.0.1')
    socket.write(text)
    const answer = Buffer.concat(await socket.toArray()).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain(`<Code>${code}</Code>`)
    expect((await s3.fetch({ path: '/' })).status).toBe(200)
  })
})
