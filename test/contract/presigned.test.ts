import { expect } from 'vitest'
import { crcOf, createUpload, LAST_PART } from './bodies.ts'
import { contract } from './contract.ts'
import { refusalOf, send } from './http.ts'
import type { Target } from './target.ts'

const size = LAST_PART.length
const expiresIn = 300

contract('a presigned part takes a body of its size', async (target) => {
  const { upload, url } = await partUrl(target)
  const answer = await send(url, { method: 'PUT', body: LAST_PART })
  expect(answer.status).toBe(200)
  const { Parts } = await target.s3.listParts(upload)
  expect(Parts).toMatchObject([{ PartNumber: 1, Size: size, ETag: answer.headers.etag }])
})

contract('a presigned part takes a Content-Type that is not signed', async (target) => {
  const { url } = await partUrl(target)
  const answer = await send(url, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: LAST_PART })
  expect(answer.status).toBe(200)
})

contract('a presigned part refuses a body of any other size', async (target) => {
  const { upload, url } = await partUrl(target)
  for (const body of [LAST_PART.subarray(1), Buffer.concat([LAST_PART, Buffer.from('x')])]) {
    const answer = await send(url, { method: 'PUT', body })
    expect(refusalOf(answer)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
  }
  expect((await target.s3.listParts(upload)).Parts ?? []).toEqual([])
})

contract('the URLs of many parts from one template work', async (target) => {
  const upload = await createUpload(target, 'presigned/template')
  const numbers = [1, 2, 10_000]
  const { urlTemplate, signatures } = target.presigner.presignParts(
    { key: upload.Key, uploadId: upload.UploadId, expiresIn },
    numbers.map((partNumber) => ({ partNumber, size })),
  )
  for (const [index, partNumber] of numbers.entries()) {
    const signature = Buffer.from(signatures.subarray(32 * index, 32 * (index + 1))).toString('hex')
    const url = urlTemplate.replace('{partNumber}', String(partNumber)).replace('{signature}', signature)
    expect((await send(url, { method: 'PUT', body: LAST_PART })).status).toBe(200)
  }
  const { Parts } = await target.s3.listParts(upload)
  expect(Parts?.map(({ PartNumber }) => PartNumber)).toEqual(numbers)
})

contract('an expired URL is AccessDenied', async (target) => {
  const answer = await putExpired(target)
  expect(refusalOf(answer)).toEqual({ status: 403, code: 'AccessDenied' })
})

contract('the answer to an expired URL says so', async (target) => {
  const answer = await putExpired(target)
  expect(/<Message>.*<.Message>/.exec(answer.body)?.[0]).toBe('<Message>Request has expired</Message>')
})

contract('a URL whose signature or part number was tampered with is refused', async (target) => {
  const { url } = await partUrl(target)
  const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? ''
  const flipped = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
  for (const tampered of [url.replace(signature, flipped), url.replace('partNumber=1', 'partNumber=2')]) {
    expect(tampered).not.toBe(url)
    const answer = await send(tampered, { method: 'PUT', body: LAST_PART })
    expect(refusalOf(answer)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
  }
})

contract('a URL is good for one method', async (target) => {
  const { url } = await partUrl(target)
  expect(refusalOf(await send(url))).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
})

contract('an x-amz-* header that is not signed is refused', async (target) => {
  const { url } = await partUrl(target)
  const headers = { 'x-amz-meta-smuggled': 'yes' }
  const answer = await send(url, { method: 'PUT', headers, body: LAST_PART })
  expect(refusalOf(answer)).toEqual({ status: 403, code: 'AccessDenied' })
  expect(answer.body).toContain('HeadersNotSigned')
})

contract('a signed header has to be sent, with the signed value', async (target) => {
  const { url, headers } = singlePut(target, 'presigned/headers')
  for (const sent of [{}, { ...headers, 'x-amz-meta-name': 'other' }]) {
    const answer = await send(url, { method: 'PUT', headers: sent, body: LAST_PART })
    expect(refusalOf(answer)).toEqual({
      status: 403,
      code: expect.stringMatching(/SignatureDoesNotMatch|AccessDenied/),
    })
  }
})

contract('a presigned PUT stores type and metadata, once', async (target) => {
  const { s3, Bucket } = target
  const { url, headers } = singlePut(target, 'presigned/put')
  const put = () => send(url, { method: 'PUT', headers, body: LAST_PART })
  expect((await put()).status).toBe(200)
  expect(await s3.headObject({ Bucket, Key: 'presigned/put' })).toMatchObject({
    ContentLength: size,
    ContentType: 'text/x-test',
    Metadata: { name: 'value' },
  })
  expect(refusalOf(await put())).toEqual({ status: 412, code: 'PreconditionFailed' })
})

contract('a presigned part with a signed checksum refuses other bytes', async (target) => {
  const headers = { 'x-amz-checksum-crc64nvme': crcOf('CRC64NVME', LAST_PART) }
  const { url } = await partUrl(target, headers)
  const other = Buffer.alloc(size)
  expect(refusalOf(await send(url, { method: 'PUT', headers, body: other }))).toEqual({
    status: 400,
    code: 'BadDigest',
  })
  expect((await send(url, { method: 'PUT', headers, body: LAST_PART })).status).toBe(200)
})

contract('a presigned GET takes unsigned Range and If-Match, and names the file', async (target) => {
  const { s3, Bucket, presigner } = target
  const { ETag = '' } = await s3.putObject({ Bucket, Key: 'presigned/get', Body: '0123456789' })
  const disposition = `attachment; filename*=UTF-8''a%20film.mp4`
  const { url } = presigner.presign({
    method: 'GET',
    key: 'presigned/get',
    query: [['response-content-disposition', disposition]],
    expiresIn,
  })
  const answer = await send(url, { headers: { range: 'bytes=2-4', 'if-match': ETag } })
  expect(answer).toMatchObject({ status: 206, body: '234' })
  expect(answer.headers['content-disposition']).toBe(disposition)
  expect((await send(url, { headers: { 'if-match': '"other"' } })).status).toBe(412)
})

contract('a request without a signature is AccessDenied', async (target) => {
  const { url } = await partUrl(target)
  const answer = await send(url.replace(/\?.*/, ''))
  expect(refusalOf(answer)).toEqual({ status: 403, code: 'AccessDenied' })
})

async function putExpired(target: Target) {
  const { Key, UploadId } = await createUpload(target, 'presigned/expired')
  const { url } = target
    .presignerAt(new Date(Date.now() - 60_000))
    .presignPart({ key: Key, uploadId: UploadId, partNumber: 1, size, expiresIn: 30 })
  return send(url, { method: 'PUT', body: LAST_PART })
}

async function partUrl(target: Target, headers?: Record<string, string>) {
  const upload = await createUpload(target, 'presigned/part', headers && 'CRC64NVME')
  const part = { key: upload.Key, uploadId: upload.UploadId, partNumber: 1, size, expiresIn }
  return { upload, url: target.presigner.presignPart({ ...part, ...(headers && { headers }) }).url }
}

function singlePut({ presigner }: Target, key: string) {
  return presigner.presign({
    method: 'PUT',
    key,
    query: [['x-id', 'PutObject']],
    headers: {
      'content-length': String(size),
      'content-type': 'text/x-test',
      'if-none-match': '*',
      'x-amz-meta-name': 'value',
    },
    expiresIn,
  })
}
