import {
  type CORSRule,
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { BUCKET, expectError, send, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const path = '/films/x'
const site: CORSRule = {
  ID: 'site',
  AllowedOrigins: ['https://films.example', 'https://*.films.example'],
  AllowedMethods: ['PUT', 'GET'],
  AllowedHeaders: ['content-type', 'x-amz-*'],
  ExposeHeaders: ['ETag', 'x-amz-request-id'],
  MaxAgeSeconds: 600,
}

function configure(s3: TestS3, ...CORSRules: CORSRule[]) {
  return s3.client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }))
}

function preflight(s3: TestS3, origin: string, method: string, headers?: string) {
  return send(
    s3.server.port,
    { method: 'OPTIONS', path },
    {
      origin,
      'access-control-request-method': method,
      ...(headers !== undefined && { 'access-control-request-headers': headers }),
    },
  )
}

describe("a bucket's CORS configuration", () => {
  test('is kept, across restarts too, and deleted', async () => {
    const s3 = await startTestS3()
    const get = () => s3.client.send(new GetBucketCorsCommand({ Bucket }))
    await expectError(get(), 'NoSuchCORSConfiguration', 404)
    await configure(s3, site)
    await s3.restart()
    expect((await get()).CORSRules).toEqual([site])
    await s3.client.send(new DeleteBucketCorsCommand({ Bucket }))
    await expectError(get(), 'NoSuchCORSConfiguration', 404)
  })

  test.each([
    ['an unsupported method', { AllowedMethods: ['PATCH'] }, 'InvalidRequest'],
    ['two wildcards', { AllowedOrigins: ['*.*'] }, 'InvalidRequest'],
    ['a wildcard among the exposed', { ExposeHeaders: ['x-*'] }, 'InvalidRequest'],
    ['no origin', { AllowedOrigins: [] }, 'MalformedXML'],
  ])('with %s is refused', async (_, change, code) => {
    const s3 = await startTestS3()
    await expectError(configure(s3, { ...site, ...change }), code, 400)
  })
})

describe('a preflight', () => {
  test('is answered by the rule that matches', async () => {
    const s3 = await startTestS3()
    await configure(s3, site)
    const answer = await preflight(s3, 'https://films.example', 'PUT', 'Content-Type, x-amz-meta-a')
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://films.example',
      'access-control-allow-methods': 'PUT, GET',
      'access-control-allow-headers': 'content-type, x-amz-meta-a',
      'access-control-expose-headers': 'ETag, x-amz-request-id',
      'access-control-max-age': '600',
      'access-control-allow-credentials': 'true',
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    })
    expect((await preflight(s3, 'https://a.films.example', 'GET')).status).toBe(200)
  })

  test.each([
    ['https://evil.example', 'PUT', undefined],
    ['https://films.example.evil', 'PUT', undefined],
    ['https://.films.exampl', 'PUT', undefined],
    ['https://films.example', 'DELETE', undefined],
    ['https://films.example', 'PUT', 'authorization'],
  ])('from %s for %s with %s is refused', async (origin, method, headers) => {
    const s3 = await startTestS3()
    await configure(s3, site)
    const answer = await preflight(s3, origin, method, headers)
    expect(answer).toMatchObject({ status: 403, code: 'AccessForbidden' })
    expect(answer.text).toContain('CORSResponse: This CORS request is not allowed.')
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('is refused where the bucket has no configuration, and 400 where it is none', async () => {
    const s3 = await startTestS3()
    const answer = await preflight(s3, 'https://films.example', 'PUT')
    expect(answer).toMatchObject({ status: 403, code: 'AccessForbidden' })
    expect(answer.text).toContain('CORS is not enabled for this bucket')
    expect((await send(s3.server.port, { method: 'OPTIONS', path }, {})).status).toBe(400)
    expect((await preflight(s3, 'https://films.example', 'BREW')).status).toBe(400)
  })
})

describe('an actual request', () => {
  const from = (origin: string) => ({ origin })

  test('gets the headers if a rule matches, on success and on failure', async () => {
    const s3 = await startTestS3()
    await configure(s3, site)
    for (const method of ['PUT', 'GET']) {
      const { headers } = await s3.fetch({ method, path, headers: from('https://films.example') })
      expect(headers['access-control-allow-origin']).toBe('https://films.example')
      expect(headers['access-control-expose-headers']).toBe('ETag, x-amz-request-id')
      expect(headers.vary).toContain('Origin')
    }
    const denied = await send(s3.server.port, { path }, from('https://films.example'))
    expect(denied.status).toBe(403)
    expect(denied.headers['access-control-allow-origin']).toBe('https://films.example')
  })

  test('gets none if no rule matches, or nobody asked', async () => {
    const s3 = await startTestS3()
    const none = async (method: string, headers = {}) =>
      Object.keys((await s3.fetch({ method, path, headers })).headers).filter((name) =>
        name.startsWith('access-'),
      )
    expect(await none('PUT', from('https://films.example'))).toEqual([])
    await configure(s3, site)
    expect(await none('PUT')).toEqual([])
    expect(await none('PUT', from('https://evil.example'))).toEqual([])
    expect(await none('DELETE', from('https://films.example'))).toEqual([])
  })

  test('from anywhere is told so by a wildcard rule', async () => {
    const s3 = await startTestS3()
    await configure(s3, { AllowedOrigins: ['*'], AllowedMethods: ['GET'], AllowedHeaders: ['*'] })
    const { headers } = await s3.fetch({ path, headers: from('https://any.example') })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const asked = await preflight(s3, 'https://any.example', 'GET', 'if-match, range')
    expect(asked.headers['access-control-allow-headers']).toBe('if-match, range')
  })
})
