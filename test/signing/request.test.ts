import { S3Client } from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { signRequest } from '../../signing/request.ts'
import { encodeKey, sha256Hex } from '../../signing/sigv4.ts'

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
test.each([
  {
    name: 'GET object',
    method: 'GET',
    path: '/test.txt',
    headers: { Range: 'bytes=0-9' },
    body: '',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT object',
    method: 'PUT',
    path: '/test$file.text',
    headers: { Date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    body: 'Welcome to Amazon S3.',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET bucket lifecycle',
    method: 'GET',
    path: '/?lifecycle',
    headers: {},
    body: '',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'list objects',
    method: 'GET',
    path: '/?max-keys=2&prefix=J',
    headers: {},
    body: '',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
])('$name of S3’s guide is signed as printed there', ({ method, path, headers, body, signature }) => {
  const { authorization } = signRequest({
    method,
    url: `https://examplebucket.s3.amazonaws.com${path}`,
    headers,
    payloadHash: sha256Hex(body),
    credentials: CREDENTIALS,
    region: 'us-east-1',
    now: new Date('2013-05-24T00:00:00Z'),
  })
  expect(authorization).toMatch(new RegExp(`Signature=${signature}$`))
})

test.each(['s3', 'execute-api'])('a request to %s carries what the AWS SDK signs', async (service) => {
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, port, sessionToken, method, meta, now }) => {
      const credentials = { ...CREDENTIALS, ...(sessionToken && { sessionToken }) }
      const url = new URL(`http://localhost:${port}/${encodeKey(path)}`)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      const headers = { 'Content-Type': 'application/json', 'x-amz-meta-name': meta }
      const payloadHash = sha256Hex(meta)
      const signed = signRequest({
        method,
        url,
        headers,
        payloadHash,
        credentials,
        region: 'eu-west-1',
        service,
        now,
      })

      const sdk = new SignatureV4({
        credentials,
        region: 'eu-west-1',
        service,
        sha256: new S3Client().config.sha256,
        uriEscapePath: service !== 's3',
      })
      const expected = await sdk.sign(
        {
          method,
          protocol: url.protocol,
          hostname: url.hostname,
          port,
          path: `/${encodeKey(path)}`,
          query,
          headers: { ...headers, host: url.host, 'x-amz-content-sha256': payloadHash },
        },
        { signingDate: now },
      )
      const { host: _, 'Content-Type': contentType, ...rest } = expected.headers
      expect(signed).toEqual({ ...rest, 'content-type': contentType })
    }),
  )
})

test('the payload is unsigned, the service S3 and the time now, unless said otherwise', () => {
  const url = 'http://localhost:8081/bucket/key'
  const signed = signRequest({ method: 'PUT', url, credentials: CREDENTIALS, region: 'us-east-1' })
  expect(signed).toEqual({
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    ),
  })
})

const queryName = fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '__proto__')

const request = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  path: fc
    .array(
      fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'ab -_~!\'()*+$&=:@,;ü文%"{}') }),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((segments) => segments.join('/')),
  // The SDK's bag of parameters is a plain object, which loses a `__proto__`.
  query: fc.dictionary(queryName, fc.string({ unit: 'grapheme' }), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  port: fc.integer({ min: 1024, max: 65_535 }),
  sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
  meta: fc.string({ unit: fc.constantFrom(...'ab  \t-%"') }),
  now: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
})
