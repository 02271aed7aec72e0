import {
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPresigner, type PresignedParts, type PresignerOptions } from '../../signing/presigner.ts'

const BUCKET = 'partway-uploads'
const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const NOW = new Date('2026-11-21T01:34:25.678Z')

type UploadedPart = { key: string; uploadId: string; partNumber: number; size: number }

describe('the URL is, byte for byte, that of @aws-sdk/s3-request-presigner', () => {
  test('for UploadPart', async () => {
    await fc.assert(
      fc.asyncProperty(place, uploadPart, expiresIn, async (options, part, expiresIn) => {
        const { url } = createPresigner(options).presignPart({ ...part, expiresIn })
        expect(url).toBe(await oracle(options, uploadPartCommand(options, part), { expiresIn }))
      }),
    )
  })

  test('for UploadPart with the part’s checksum as a signed header', async () => {
    await fc.assert(
      fc.asyncProperty(place, uploadPart, checksum, expiresIn, async (options, part, value, expiresIn) => {
        const headers = { 'x-amz-checksum-crc64nvme': value }
        const signed = createPresigner(options).presignPart({ ...part, headers, expiresIn })
        const command = uploadPartCommand(options, part, { ChecksumCRC64NVME: value })
        expect(signed.url).toBe(await oracle(options, command, { expiresIn, signed: Object.keys(headers) }))
        expect(signed.headers).toEqual(headers)
      }),
    )
  })

  test('for each part of a template', async () => {
    await fc.assert(
      fc.asyncProperty(
        place,
        uploadPart,
        partNumbers,
        expiresIn,
        async (options, part, numbers, expiresIn) => {
          const parts = numbers.map((partNumber, at) => ({ partNumber, size: part.size + at }))
          const signed = createPresigner(options).presignParts({ ...part, expiresIn }, parts)
          expect(signed.signatures).toHaveLength(32 * parts.length)
          for (const [at, { partNumber, size }] of parts.entries()) {
            const command = uploadPartCommand(options, { ...part, partNumber, size })
            expect(expand(signed, at, partNumber)).toBe(await oracle(options, command, { expiresIn }))
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('for PutObject with its length, type, metadata, condition and checksum as signed headers', async () => {
    await fc.assert(
      fc.asyncProperty(place, uploadPart, putHeaders, expiresIn, async (options, part, put, expiresIn) => {
        const { contentType, name, checksum } = put
        const headers = {
          'Content-Length': String(part.size),
          'content-type': contentType,
          'if-none-match': '*',
          'x-amz-meta-name': name,
          'x-amz-checksum-crc32': checksum,
        }
        const { key } = part
        const query: [string, string][] = [['x-id', 'PutObject']]
        const signed = createPresigner(options).presign({ method: 'PUT', key, query, headers, expiresIn })
        const command = new PutObjectCommand({
          Bucket: options.bucket,
          Key: key,
          ContentLength: part.size,
          ContentType: contentType,
          IfNoneMatch: '*',
          Metadata: { name },
          ChecksumCRC32: checksum,
        })
        const names = ['content-type', 'x-amz-meta-name', 'x-amz-checksum-crc32']
        expect(signed.url).toBe(await oracle(options, command, { expiresIn, signed: names }))
        const { 'Content-Length': _, ...toSend } = headers
        expect(signed.headers).toEqual(toSend)
      }),
    )
  })

  test('for GetObject with a disposition in the query', async () => {
    await fc.assert(
      fc.asyncProperty(place, uploadPart, text, expiresIn, async (options, { key }, fileName, expiresIn) => {
        const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`
        const query: [string, string][] = [
          ['x-id', 'GetObject'],
          ['response-content-disposition', disposition],
        ]
        const signed = createPresigner(options).presign({ method: 'GET', key, query, expiresIn })
        const command = new GetObjectCommand({
          Bucket: options.bucket,
          Key: key,
          ResponseContentDisposition: disposition,
        })
        expect(signed.url).toBe(await oracle(options, command, { expiresIn }))
        expect(signed.headers).toEqual({})
      }),
    )
  })
})

test.each([
  ['AWS', { region: 'eu-west-1' }, 'https://partway-uploads.s3.eu-west-1.amazonaws.com/a/b%20c'],
  [
    'AWS in China',
    { region: 'cn-north-1' },
    'https://partway-uploads.s3.cn-north-1.amazonaws.com.cn/a/b%20c',
  ],
  [
    'Transfer Acceleration',
    { accelerate: true },
    'https://partway-uploads.s3-accelerate.amazonaws.com/a/b%20c',
  ],
  ['a bucket with dots', { bucket: 'my.films' }, 'https://s3.us-east-1.amazonaws.com/my.films/a/b%20c'],
  ['AWS, path style', { pathStyle: true }, 'https://s3.us-east-1.amazonaws.com/partway-uploads/a/b%20c'],
  ['another store', { endpoint: 'http://localhost:8081/' }, 'http://localhost:8081/partway-uploads/a/b%20c'],
  [
    'another store with buckets in its host names',
    { endpoint: 'https://store.example:8443', pathStyle: false },
    'https://partway-uploads.store.example:8443/a/b%20c',
  ],
])('the address in %s', (_, options, expected) => {
  const presigner = createPresigner({
    region: 'us-east-1',
    bucket: BUCKET,
    credentials: CREDENTIALS,
    ...options,
  })
  const { url } = presigner.presign({ method: 'GET', key: 'a/b c', expiresIn: 60 })
  expect(url.slice(0, url.indexOf('?'))).toBe(expected)
})

test('a URL expires when S3 says so, which counts whole seconds', () => {
  const { expiresAt } = presigner().presign({ method: 'GET', key: 'k', expiresIn: 900 })
  expect(expiresAt).toEqual(new Date('2026-11-21T01:49:25.000Z'))
  expect(presigner().presignParts({ key: 'k', uploadId: 'u', expiresIn: 900 }, []).expiresAt).toEqual(
    expiresAt,
  )
})

test.each([0, -1, 1.5, 604_801, Number.NaN])('a lifetime of %d seconds is refused', (expiresIn) => {
  expect(() => presigner().presign({ method: 'GET', key: 'k', expiresIn })).toThrow(
    `expected expiresIn of 1 to 604800 seconds, got ${expiresIn}`,
  )
})

test('a presigner that outlives midnight signs with the new day’s key', async () => {
  const times = [new Date('2026-11-21T23:59:59Z'), new Date('2026-11-22T00:00:00Z')]
  const options = { region: 'us-east-1', bucket: BUCKET, credentials: CREDENTIALS }
  const clock = [...times]
  const longLived = createPresigner({ ...options, now: () => clock.shift() ?? NOW })
  const part = { key: 'k', uploadId: 'u', partNumber: 1, size: 5 }
  for (const time of times) {
    const { url } = longLived.presignPart({ ...part, expiresIn: 60 })
    const ofThatTime = { ...options, now: () => time }
    expect(url).toBe(await oracle(ofThatTime, uploadPartCommand(ofThatTime, part), { expiresIn: 60 }))
  }
})

test('names that look like the template’s placeholders are left alone', async () => {
  const tricky = { key: '{partNumber}&partNumber={signature}', uploadId: '{partNumber}{size}{signature}' }
  const options = { region: 'us-east-1', bucket: BUCKET, credentials: CREDENTIALS, now: () => NOW }
  const signed = createPresigner(options).presignParts({ ...tricky, expiresIn: 60 }, [
    { partNumber: 7, size: 123 },
  ])
  const command = uploadPartCommand(options, { ...tricky, partNumber: 7, size: 123 })
  expect(expand(signed, 0, 7)).toBe(await oracle(options, command, { expiresIn: 60 }))
})

function presigner() {
  return createPresigner({ region: 'us-east-1', bucket: BUCKET, credentials: CREDENTIALS, now: () => NOW })
}

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'ab /+%&=?#!\'()*~._-{}\\":;,@') }),
  fc.constantFrom('../../etc/passwd', 'a//b', 'ünïcödé 文件.mov', '👩‍👩‍👧.jpg', 'a+b c%20d', '.', '..'),
)

const place: fc.Arbitrary<Required<Omit<PresignerOptions, 'pathStyle'>>> = fc
  .record({
    credentials: fc.record({
      accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
      secretAccessKey: fc.stringMatching(/^[A-Za-z0-9/+]{40}$/),
      sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 1600, size: 'max' }), {
        nil: undefined,
      }),
    }),
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1'),
    bucket: fc.constantFrom(BUCKET, 'abc', 'my.dotted.bucket', 'a'.repeat(63)),
    endpoint: fc.constantFrom(
      undefined,
      'http://localhost:8081',
      'https://store.example',
      'http://127.0.0.1:80',
    ),
    accelerate: fc.boolean(),
    time: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
  })
  .map(({ time, accelerate, ...options }) => ({
    ...options,
    accelerate: accelerate && canAccelerate(options),
    now: () => time,
  }))

/** AWS has acceleration in its commercial regions, for buckets without dots; the SDK refuses the rest. */
function canAccelerate({
  region,
  bucket,
  endpoint,
}: Pick<PresignerOptions, 'region' | 'bucket' | 'endpoint'>) {
  return endpoint === undefined && !bucket.includes('.') && ['us-east-1', 'eu-central-1'].includes(region)
}

const uploadPart: fc.Arbitrary<UploadedPart> = fc.record({
  key: text,
  uploadId: fc.oneof(fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/), text),
  partNumber: fc.integer({ min: 1, max: 10_000 }),
  size: fc.nat(5 * 1024 ** 3),
})

const partNumbers = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 5 })
const expiresIn = fc.integer({ min: 1, max: 604_800 })
const checksum = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('base64'))
const putHeaders = fc.record({
  contentType: fc.constantFrom('text/plain', 'text/plain; charset=utf-8', 'video/mp4', 'a/b;  c="d  e"'),
  name: text.map(encodeURIComponent),
  checksum,
})

function uploadPartCommand(
  { bucket }: PresignerOptions,
  { key, uploadId, partNumber, size }: UploadedPart,
  more: { ChecksumCRC64NVME?: string } = {},
) {
  return new UploadPartCommand({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: partNumber,
    ContentLength: size,
    ...more,
  })
}

/** @param signed the headers that the SDK would hoist into the query, or leave unsigned */
async function oracle<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  { credentials, region, endpoint, accelerate = false, now = () => new Date() }: PresignerOptions,
  command: Parameters<typeof getSignedUrl<ServiceInputTypes, Input, Output>>[1],
  { expiresIn, signed = [] }: { expiresIn: number; signed?: string[] },
): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const client = new S3Client({
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    ...(endpoint && { endpoint, forcePathStyle: true }),
    useAccelerateEndpoint: accelerate,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return await getSignedUrl(client, command, {
    expiresIn,
    signingDate: now(),
    unhoistableHeaders: new Set(signed),
    signableHeaders: new Set(signed),
  })
}

function expand({ urlTemplate, signatures }: PresignedParts, at: number, partNumber: number): string {
  const signature = Buffer.from(signatures.subarray(32 * at, 32 * (at + 1))).toString('hex')
  return urlTemplate.replace('{partNumber}', String(partNumber)).replace('{signature}', signature)
}
