import type { CORSRule } from '@aws-sdk/client-s3'
import { expect } from 'vitest'
import { contract } from './contract.ts'
import { refusal, refusalOf, send } from './http.ts'
import type { Target } from './target.ts'

const ALLOWED = 'https://app.example.com'
const FOREIGN = 'https://evil.example.com'
const RULE: CORSRule = {
  AllowedOrigins: [ALLOWED],
  AllowedMethods: ['GET', 'PUT', 'POST', 'HEAD'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag', 'x-amz-checksum-crc64nvme'],
  MaxAgeSeconds: 3600,
}

contract('a bucket has no CORS rules until they are put', async ({ s3, Bucket }) => {
  expect(await refusal(s3.getBucketCors({ Bucket }))).toEqual({
    status: 404,
    code: 'NoSuchCORSConfiguration',
  })
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [RULE] } })
  const [rule, ...others] = (await s3.getBucketCors({ Bucket })).CORSRules ?? []
  expect(others).toEqual([])
  expect({ ...rule, AllowedMethods: rule?.AllowedMethods?.toSorted() }).toEqual({
    ...RULE,
    AllowedMethods: RULE.AllowedMethods?.toSorted(),
  })
})

contract('a preflight from an allowed origin names origin, method, headers and age', async (target) => {
  const { status, headers } = await preflight(target, ALLOWED, 'PUT', 'content-type,x-amz-meta-name')
  expect(status).toBe(200)
  expect(headers['access-control-allow-origin']).toBe(ALLOWED)
  expect(headers['access-control-allow-methods']).toContain('PUT')
  expect(headers['access-control-allow-headers']?.toLowerCase()).toContain('content-type')
  expect(headers['access-control-allow-headers']?.toLowerCase()).toContain('x-amz-meta-name')
  expect(headers['access-control-max-age']).toBe('3600')
})

contract('a preflight from a foreign origin is refused', async (target) => {
  const answer = await preflight(target, FOREIGN, 'PUT')
  expect(answer.status).toBe(403)
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
})

contract('a preflight for a method that no rule allows is refused', async (target) => {
  expect((await preflight(target, ALLOWED, 'DELETE')).status).toBe(403)
})

contract('a refused preflight is AccessForbidden', async (target) => {
  const answer = await preflight(target, FOREIGN, 'PUT')
  expect(refusalOf(answer)).toEqual({ status: 403, code: 'AccessForbidden' })
})

contract('an answer to an allowed origin may be read, ETag included', async (target) => {
  const { status, headers } = await put(target, ALLOWED)
  expect(status).toBe(200)
  expect(headers['access-control-allow-origin']).toBe(ALLOWED)
  expect(headers['access-control-expose-headers']?.toLowerCase()).toContain('etag')
  expect(headers.vary?.toLowerCase()).toContain('origin')
})

contract('an answer to a foreign origin has no CORS headers', async (target) => {
  const { status, headers } = await put(target, FOREIGN)
  expect(status).toBe(200)
  expect(headers).not.toHaveProperty('access-control-allow-origin')
})

contract('a refusal can be read by an allowed origin', async (target) => {
  await putRule(target)
  const { url } = target.presigner.presign({ method: 'GET', key: 'no-such-key', expiresIn: 60 })
  const answer = await send(url, { headers: { origin: ALLOWED } })
  expect(refusalOf(answer)).toEqual({ status: 404, code: 'NoSuchKey' })
  expect(answer.headers['access-control-allow-origin']).toBe(ALLOWED)
})

async function preflight(target: Target, origin: string, method: string, names?: string) {
  await putRule(target)
  const { url } = target.presigner.presign({ method: 'PUT', key: 'key', expiresIn: 60 })
  const headers = { origin, 'access-control-request-method': method }
  return send(url, {
    method: 'OPTIONS',
    headers: names ? { ...headers, 'access-control-request-headers': names } : headers,
  })
}

async function put(target: Target, origin: string) {
  await putRule(target)
  const { url } = target.presigner.presign({ method: 'PUT', key: 'key', expiresIn: 60 })
  return send(url, { method: 'PUT', headers: { origin }, body: 'content' })
}

function putRule({ s3, Bucket }: Target) {
  return s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [RULE] } })
}
