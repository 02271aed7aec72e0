import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RawAnswer, send, signHeaders, startTestS3, type TestS3 } from './s3-harness.ts'

/** What S3's parameters, headers and elements may hold, and what they may not. */
const values = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('', '0', '1', '2', '-1', '10001', '99999999999999999999', 'url', 'Enabled'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'bytes=-',
      'bytes=1-',
      'bytes=9-',
      '*',
      '"x"',
      'CRC32',
      'SHA1',
      'FULL_OBJECT',
      'AAAAAA==',
    ),
  },
  { weight: 1, arbitrary: fc.string().filter((text) => text.isWellFormed()) },
)
/** The operations: method, path, the parameters that name them, and those that they take. */
const operations: [method: string, path: string, needs: string[], takes: string[]][] = [
  [
    'GET',
    '/films',
    ['list-type'],
    ['max-keys', 'prefix', 'delimiter', 'continuation-token', 'start-after', 'encoding-type'],
  ],
  ['GET', '/films', [], ['max-keys', 'prefix', 'delimiter', 'marker', 'encoding-type']],
  ['GET', '/films', ['uploads'], ['max-uploads', 'prefix', 'delimiter', 'key-marker', 'upload-id-marker']],
  ['PUT', '/films', ['cors'], []],
  ['PUT', '/films', ['lifecycle'], []],
  ['POST', '/films', ['delete'], []],
  ['PUT', '/films', [], []],
  ['PUT', '/films/x', [], []],
  ['GET', '/films/x', [], ['partNumber', 'response-expires', 'response-content-type']],
  ['HEAD', '/films/x', [], ['partNumber']],
  ['POST', '/films/x', ['uploads'], []],
  ['PUT', '/films/x', ['uploadId', 'partNumber'], []],
  ['GET', '/films/x', ['uploadId'], ['max-parts', 'part-number-marker', 'encoding-type']],
  ['POST', '/films/x', ['uploadId'], []],
]
const headerNames = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'content-md5',
  'content-type',
  'origin',
  'x-amz-checksum-crc32',
  'x-amz-checksum-sha1',
  'x-amz-checksum-algorithm',
  'x-amz-checksum-type',
  'x-amz-mp-object-size',
  'x-amz-trailer',
  'x-amz-meta-a',
  'x-amz-checksum-mode',
  'content-encoding',
  'x-amz-decoded-content-length',
]
const elementNames = [
  'CompleteMultipartUpload',
  'Part',
  'PartNumber',
  'ETag',
  'ChecksumCRC32',
  'CORSConfiguration',
  'CORSRule',
  'AllowedMethod',
  'AllowedOrigin',
  'MaxAgeSeconds',
  'LifecycleConfiguration',
  'Rule',
  'Filter',
  'And',
  'Prefix',
  'Status',
  'Expiration',
  'Days',
  'AbortIncompleteMultipartUpload',
  'DaysAfterInitiation',
  'Delete',
  'Object',
  'Key',
  'Quiet',
  'CreateBucketConfiguration',
]
const { documents } = fc.letrec<{ documents: string }>((tie) => ({
  documents: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    values,
    fc
      .tuple(fc.constantFrom(...elementNames), fc.array(tie('documents'), { maxLength: 3 }))
      .map(([name, inner]) => `<${name}>${inner.join('')}</${name}>`),
  ),
}))

/** Requests near those that S3 knows. */
function requests(uploadId: string) {
  const value = fc.oneof(values, fc.constant(uploadId))
  const rarely = <Value>(usual: Value, ...others: Value[]) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(usual) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    )
  return fc.constantFrom(...operations).chain(([method, path, needs, takes]) =>
    fc.record({
      method: rarely(method, 'DELETE', 'OPTIONS', 'PATCH', 'POST'),
      path: rarely(path, '/', '/none', '/none/x', '/films/x/../y', '//', '/f%2Fg', '/%00', '/films/%ff'),
      query: fc
        .tuple(fc.subarray(takes), rarely([], ['policy'], ['X-Amz-Date'], ['partNumber'], ['uploads']))
        .chain((extra) =>
          fc.tuple(...[needs, ...extra].flat().map((name) => fc.tuple(fc.constant(name), value))),
        ),
      headers: fc.dictionary(
        fc.constantFrom(...headerNames),
        value.map((text) => text.replace(/[^\x20-\x7e]/g, '?').trim()),
        { maxKeys: 2 },
      ),
      body: documents,
    }),
  )
}

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
    [
      'a tag of AWS’s own',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-tagging': 'aws:a=b' } },
      'InvalidTag',
    ],
    [
      'a tag of characters that none has',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-tagging': 'a=%2A' } },
      'InvalidTag',
    ],
    [
      'a tag twice',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-tagging': 'a=b&a=c' } },
      'InvalidArgument',
    ],
    [
      'eleven tags',
      {
        method: 'PUT',
        path: '/films/x',
        headers: { 'x-amz-tagging': Array.from({ length: 11 }, (_, index) => `${index}=x`).join('&') },
      },
      'BadRequest',
    ],
    [
      'a storage class that there is not',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-storage-class': 'COLD' } },
      'InvalidStorageClass',
    ],
    [
      'a public ACL',
      { method: 'PUT', path: '/films/x', headers: { 'x-amz-acl': 'public-read' } },
      'NotImplemented',
    ],
    [
      'a KMS key without its encryption',
      {
        method: 'POST',
        path: '/films/x',
        query: [uploads],
        headers: { 'x-amz-server-side-encryption-aws-kms-key-id': 'alias/films' },
      },
      'InvalidArgument',
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
    await s3.fetch({ method: 'PUT', path: '/films/x', body: 'hello' })
    const created = await s3.fetch({ method: 'POST', path: '/films/x', query: [uploads] })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created.text)?.[1] ?? expect.fail(created.text)
    await fc.assert(
      fc.asyncProperty(requests(uploadId), fc.nat(9), async (raw, signed) => {
        const sent = signed > 0 ? signHeaders(s3.server.port, raw) : raw.headers
        const headers = { ...sent, 'content-length': String(Buffer.byteLength(raw.body)) }
        const { status } = await send(s3.server.port, raw, headers)
        expect(status === 501 || status < 500).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect((await s3.fetch({ method: 'HEAD', path: '/films' })).status).toBe(200)
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
