import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client, type S3ServiceException } from '@aws-sdk/client-s3'
import { expect, onTestFinished } from 'vitest'
import { type S3Options, type S3Server, startS3 } from '../../local/s3/server.ts'
import {
  ALGORITHM,
  amzDate,
  type Credentials,
  canonicalRequest,
  hmac,
  scopeText,
  sha256Hex,
  signingKey,
  stringToSign,
} from '../../signing/sigv4.ts'
import { REGION, root } from './s3-root.ts'

export { root } from './s3-root.ts'

export const BUCKET = 'films'
export const MIB = 1024 * 1024
export interface TestS3 {
  server: S3Server
  dataDir: string
  client: S3Client
  /** Signed by the root principal unless told otherwise. */
  fetch(request: RawRequest): Promise<RawAnswer>
  /** Closes the server and starts it again on the same data. */
  restart(): Promise<void>
}

export interface RawRequest {
  method?: string
  /** Encoded already. */
  path: string
  query?: [name: string, value: string][]
  headers?: Record<string, string>
  /** Sent, but left out of the signature. */
  unsignedHeaders?: Record<string, string>
  body?: string | Uint8Array
  credentials?: Credentials
  region?: string
  signedAt?: Date
  /** The day of the signing key, `20261121`, where it is not that of `signedAt`. */
  scopeDate?: string
  payloadHash?: string
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  text: string
  /** The code of an S3 error. */
  code: string | undefined
}

/** A server with the bucket `films`, gone with the test. */
export async function startTestS3(options: Partial<S3Options> = {}): Promise<TestS3> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-s3-'))
  const dataDir = join(folder, 'data')
  const start = () =>
    startS3({
      dataDir,
      region: REGION,
      port: 0,
      findPrincipal: (id) => (id === root.accessKeyId ? root : undefined),
      ...options,
    })
  const server = await start()
  const s3: TestS3 = {
    server,
    dataDir,
    client: clientOf(server),
    fetch: (raw) => fetchRaw(s3.server.port, raw),
    restart: async () => {
      await s3.server.close()
      s3.server = await start()
      s3.client = clientOf(s3.server)
    },
  }
  onTestFinished(async () => {
    await s3.server.close()
    await rm(folder, { recursive: true })
  })
  await s3.client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  return s3
}

/** An SDK client that tries once, so that a test sees the first answer. */
export function clientOf(
  { port }: Pick<S3Server, 'port'>,
  credentials: Credentials = root,
  requestChecksumCalculation: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED',
): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    region: REGION,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    },
    maxAttempts: 1,
    requestChecksumCalculation,
  })
}

/** The headers of a request with its signature among them. */
export function signHeaders(port: number, raw: RawRequest): Record<string, string> {
  const { credentials = root, region = REGION, signedAt = new Date(), body = '' } = raw
  const { scopeDate = amzDate(signedAt).slice(0, 8) } = raw
  const scope = { date: scopeDate, region, service: 's3' }
  const payloadHash = raw.payloadHash ?? sha256Hex(body)
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    'x-amz-date': amzDate(signedAt),
    'x-amz-content-sha256': payloadHash,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
    ...raw.headers,
  }
  const { method = 'GET', path, query = [] } = raw
  const canonical = canonicalRequest({ method, path, query, headers: Object.entries(headers), payloadHash })
  const text = stringToSign(amzDate(signedAt), scope, sha256Hex(canonical.text))
  const signature = hmac(signingKey(credentials.secretAccessKey, scope), text).toString('hex')
  const credential = `${credentials.accessKeyId}/${scopeText(scope)}`
  return {
    ...headers,
    ...raw.unsignedHeaders,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${canonical.signedHeaders}, Signature=${signature}`,
  }
}

export function fetchRaw(port: number, raw: RawRequest): Promise<RawAnswer> {
  return send(port, raw, signHeaders(port, raw))
}

/** Sends a request as it is, signed by nobody. */
export function send(
  port: number,
  { method = 'GET', path, query = [], body = '' }: RawRequest,
  headers: Record<string, string>,
): Promise<RawAnswer> {
  const search = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const outgoing = request(
    { port, host: '127.0.0.1', method, path: search === '' ? path : `${path}?${search}`, headers },
    async (incoming) => {
      const chunks: Buffer[] = await incoming.toArray()
      const bytes = Buffer.concat(chunks)
      const text = bytes.toString()
      const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1]
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes, text, code })
    },
  )
  outgoing.on('error', reject)
  outgoing.end(body)
  return promise
}

/** Expects the SDK to fail with this code of S3. */
export async function expectError(
  answer: Promise<unknown>,
  code: string,
  status?: number,
): Promise<S3ServiceException> {
  const error = await answer.then(
    () => expect.fail(`expected ${code}, got success`),
    (reason: S3ServiceException) => reason,
  )
  expect(error.name).toBe(code)
  if (status !== undefined) expect(error.$metadata.httpStatusCode).toBe(status)
  return error
}
