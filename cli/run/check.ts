/** One thing that a place has to do right, tried: what is well, or what is wrong and how to mend it. */
export interface Check {
  readonly name: string
  /** A warning is what works, with less than it could, or what others may trip over. */
  readonly outcome: Outcome
  readonly detail: string
  /** What to paste into a shell or a configuration, where there is something. */
  readonly fix?: string
}

export type Outcome = 'ok' | 'warning' | 'failed' | 'not checked'

export function ok(name: string, detail: string): Check {
  return { name, outcome: 'ok', detail }
}

export function warning(name: string, detail: string): Check {
  return { name, outcome: 'warning', detail }
}

export function failed(name: string, detail: string, fix?: string): Check {
  return { name, outcome: 'failed', detail, ...(fix && { fix }) }
}

export function notChecked(name: string, detail: string): Check {
  return { name, outcome: 'not checked', detail }
}

/** S3 refuses requests whose clock is off by more than 15 minutes, and a URL's life counts from its own. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** @param date of an answer @param whose such as `the API’s` */
export function clockCheck(
  date: string | null,
  whose: string,
  otherwise: (name: string, detail: string) => Check,
): Check {
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return notChecked('clock', `no time is told: ${whose} is not known`)
  const skew = Math.round((Date.now() - theirs) / 1000)
  if (Math.abs(skew) * 1000 <= CLOCK_TOLERANCE_MS)
    return ok('clock', `within ${Math.abs(skew) + 1} s of ${whose}`)
  const way = skew > 0 ? `${skew} s ahead of` : `${-skew} s behind`
  return otherwise('clock', `this machine is ${way} ${whose}; set its clock, for example by NTP`)
}

export const BUCKET_CORS = 'CORS of the bucket'

/**
 * Whether pages of that origin may send to a presigned URL and read what is answered.
 * @param answer to a PUT there, with that origin
 * @param mend how
 */
export async function bucketCors(
  url: string,
  origin: string,
  answer: Response,
  mend: { readonly advice: string; readonly fix?: string },
  signal: AbortSignal,
): Promise<Check> {
  if (!(await preflight(url, origin, 'PUT', 'content-type', signal))) {
    return failed(BUCKET_CORS, `it does not let pages of ${origin} send parts; ${mend.advice}`, mend.fix)
  }
  if (!/(^|,)\s*etag\s*(,|$)/i.test(answer.headers.get('access-control-expose-headers') ?? '')) {
    return failed(BUCKET_CORS, `pages of ${origin} may send parts and not read ETag; expose it`, mend.fix)
  }
  return ok(BUCKET_CORS, `pages of ${origin} may send parts and read ETag`)
}

/** Whether a page of that origin may send such a request. */
export async function preflight(
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
