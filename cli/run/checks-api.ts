import type { ControlPlane } from '../../client/control-plane.ts'
import { MIN_PART_BYTES } from '../../protocol/limits.ts'
import { plan } from '../../protocol/part-plan.ts'
import type { DescribeResponse, MultipartUpload } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import {
  BUCKET_CORS,
  bucketCors,
  type Check,
  clockCheck,
  failed,
  notChecked,
  ok,
  preflight,
  warning,
} from './check.ts'

export interface ApiSubject {
  readonly api: ControlPlane
  readonly apiUrl: string
  /** Of the page that is to upload, such as `https://www.example.com`. */
  readonly origin: string | undefined
  readonly contentType: string | undefined
  /** By what the caller is known, such as `the token in PARTWAY_TOKEN`. */
  signedInBy(description: DescribeResponse): Promise<string>
  /** Why the API said no, and what to do. */
  explain(error: unknown): Promise<string>
  readonly signal: AbortSignal
}

/** The last part may be small: one byte tries everything. */
const PROBE_BYTES = MIN_PART_BYTES + 1
const PROBE_PART = 2
const DEPLOY_ORIGINS = 'put its CORS rule there (docs/construct.md), or deploy with these origins'
const GIVE_ORIGIN = 'give --origin with the origin of your page'

/** Tries an endpoint as an upload would, with one byte that is thrown away at the end. */
export async function* examineApi(subject: ApiSubject): AsyncGenerator<Check> {
  const { api, apiUrl, origin, signal } = subject
  const description = await api.describe(signal)
  const { version, auth, region } = description
  yield ok('API', `version ${version}, auth ${auth}, ${region}`)
  const { headers } = await fetch(apiUrl, { signal })
  yield clockCheck(headers.get('date'), "the API's", failed)
  yield origin === undefined
    ? notChecked('CORS of the API', GIVE_ORIGIN)
    : await apiCors(apiUrl, origin, signal)
  if (auth !== 'none') {
    const caller = await sign(subject, description)
    yield caller
    if (caller.outcome === 'failed') return
  }

  const upload = await beginProbe(subject)
  yield ok('initiate', upload.key)
  yield lifecycle(upload)
  try {
    yield* part(upload, subject)
    yield await checksums(upload, subject)
  } finally {
    await api.abort(upload, signal)
  }
  yield ok('abort', 'the byte is gone again')
}

async function sign(
  { api, signedInBy, explain, signal }: ApiSubject,
  description: DescribeResponse,
): Promise<Check> {
  try {
    await api.listUploads({ limit: 1 }, signal)
    return ok('sign-in', await signedInBy(description))
  } catch (error) {
    signal.throwIfAborted()
    return failed('sign-in', await explain(error))
  }
}

async function beginProbe({ api, contentType, signal }: ApiSubject): Promise<MultipartUpload> {
  const request = { fileName: 'partway-doctor', size: PROBE_BYTES, partSize: MIN_PART_BYTES }
  const answer = await api.initiate({ ...request, ...(contentType && { contentType }) }, signal)
  if (answer.kind === 'multipart') return answer
  throw new Error(`Expected an upload in parts for ${PROBE_BYTES} bytes, got a single PUT.`)
}

async function apiCors(apiUrl: string, origin: string, signal: AbortSignal): Promise<Check> {
  const url = new URL('uploads', apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`)
  const allowed = await preflight(url.href, origin, 'POST', 'authorization,content-type', signal)
  return allowed
    ? ok('CORS of the API', `pages of ${origin} may call it`)
    : failed(
        'CORS of the API',
        `it does not let pages of ${origin} call it; deploy with -c origins=${origin}`,
      )
}

function lifecycle({ abortDate }: MultipartUpload): Check {
  return abortDate
    ? ok('lifecycle', `what is left unfinished is deleted on ${abortDate.slice(0, 10)}`)
    : failed(
        'lifecycle',
        'no rule deletes unfinished uploads, which are billed; add AbortIncompleteMultipartUpload to the bucket (docs/construct.md)',
      )
}

async function* part(
  { key: _, signed, ...upload }: MultipartUpload,
  subject: ApiSubject,
): AsyncGenerator<Check> {
  const { origin, signal } = subject
  const signedParts = [...unpackSignedParts(signed, plan(upload.size, upload.partSize))]
  const probe = signedParts.find(({ partNumber }) => partNumber === PROBE_PART)
  if (!probe) throw new Error(`Expected part ${PROBE_PART} to be signed, got ${upload.partCount} parts.`)

  const headers = { ...probe.headers, ...(origin && { origin }) }
  const response = await fetch(probe.url, { method: 'PUT', headers, body: new Uint8Array(1), signal })
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]
  yield response.ok
    ? ok('part', 'the store takes a byte under a presigned URL')
    : failed(
        'part',
        `the store refused a byte under a presigned URL: ${response.status} ${code ?? ''}`.trim(),
      )
  yield origin === undefined
    ? notChecked(BUCKET_CORS, GIVE_ORIGIN)
    : await bucketCors(probe.url, origin, response, { advice: DEPLOY_ORIGINS }, signal)
}

async function checksums(upload: MultipartUpload, { api, signal }: ApiSubject): Promise<Check> {
  const { parts } = await api.listParts(upload, signal)
  const checksum = parts.find(({ partNumber }) => partNumber === PROBE_PART)?.checksum
  return checksum
    ? ok('checksums', `the store computes ${checksum.algorithm}`)
    : warning(
        'checksums',
        'the store computes none: uploads are verified by the MD5 of every part, or by size',
      )
}
