import type { ControlPlane } from '../../client/ports.ts'
import { MIN_PART_BYTES } from '../../protocol/limits.ts'
import { plan } from '../../protocol/part-plan.ts'
import type { MultipartUpload } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'

/** One thing that an endpoint has to do right, tried: what is well, or what is wrong and how to mend it. */
export interface Check {
  readonly name: string
  readonly outcome: 'ok' | 'failed' | 'not checked'
  readonly detail: string
}

export interface Subject {
  readonly api: ControlPlane
  readonly apiUrl: string
  /** Of the page that is to upload, such as `https://www.example.com`. */
  readonly origin: string | undefined
  readonly contentType: string | undefined
  readonly signal: AbortSignal
}

/** S3 refuses requests whose clock is off by more than 15 minutes, and a URL's life counts from its own. */
const CLOCK_TOLERANCE_MS = 5 * 60_000
/** The last part may be small: one byte tries everything. */
const PROBE_BYTES = MIN_PART_BYTES + 1
const PROBE_PART = 2

/** Tries an endpoint as an upload would, with one byte that is thrown away at the end. */
export async function* examine(subject: Subject): AsyncGenerator<Check> {
  const { api, apiUrl, origin, signal } = subject
  const { version, auth, region } = await api.describe(signal)
  yield ok('API', `version ${version}, auth ${auth}, ${region}`)
  yield await clock(apiUrl, signal)
  yield origin === undefined ? notChecked('CORS of the API') : await apiCors(apiUrl, origin, signal)

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

async function beginProbe({ api, contentType, signal }: Subject): Promise<MultipartUpload> {
  const request = { fileName: 'partway-doctor', size: PROBE_BYTES, partSize: MIN_PART_BYTES }
  const answer = await api.initiate({ ...request, ...(contentType && { contentType }) }, signal)
  if (answer.kind === 'multipart') return answer
  throw new Error(`Expected an upload in parts for ${PROBE_BYTES} bytes, got a single PUT.`)
}

async function clock(apiUrl: string, signal: AbortSignal): Promise<Check> {
  const { headers } = await fetch(apiUrl, { signal })
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs)) return { name: 'clock', outcome: 'not checked', detail: 'the API tells no time' }
  const skew = Math.round((Date.now() - theirs) / 1000)
  return Math.abs(skew) * 1000 <= CLOCK_TOLERANCE_MS
    ? ok('clock', `within ${Math.abs(skew) + 1} s of the API's`)
    : failed('clock', `this machine is ${skew} s ahead of the API; set its clock, for example by NTP`)
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
  subject: Subject,
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

  if (origin === undefined) {
    yield notChecked('CORS of the bucket')
  } else if (!(await preflight(probe.url, origin, 'PUT', 'content-type', signal))) {
    const advice = 'put its CORS rule there (docs/construct.md), or deploy with these origins'
    yield failed('CORS of the bucket', `it does not let pages of ${origin} send parts; ${advice}`)
  } else if (!/(^|,)\s*etag\s*(,|$)/i.test(response.headers.get('access-control-expose-headers') ?? '')) {
    yield failed('CORS of the bucket', `pages of ${origin} may send parts and not read ETag; expose it`)
  } else {
    yield ok('CORS of the bucket', `pages of ${origin} may send parts and read ETag`)
  }
}

async function checksums(upload: MultipartUpload, { api, signal }: Subject): Promise<Check> {
  const { parts } = await api.listParts(upload, signal)
  const checksum = parts.find(({ partNumber }) => partNumber === PROBE_PART)?.checksum
  return checksum
    ? ok('checksums', `the store computes ${checksum.algorithm}`)
    : failed(
        'checksums',
        'the store computes none: uploads are verified by the MD5 of every part, or by size',
      )
}

/** Whether a page of that origin may send such a request. */
async function preflight(
  url: string,
  origin: string,
  method: string,
  headers: string,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
    signal,
  })
  await response.arrayBuffer()
  const allowed = response.headers.get('access-control-allow-origin')
  return response.ok && (allowed === origin || allowed === '*')
}

function ok(name: string, detail: string): Check {
  return { name, outcome: 'ok', detail }
}

function failed(name: string, detail: string): Check {
  return { name, outcome: 'failed', detail }
}

function notChecked(name: string): Check {
  return { name, outcome: 'not checked', detail: 'give --origin with the origin of your page' }
}
