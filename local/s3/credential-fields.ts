import type { Scope } from '../../signing/sigv4.ts'
import { type ErrorCode, S3Error } from './errors.ts'

const MAX_EXPIRES_SECONDS = 7 * 24 * 60 * 60

/**
 * @param prefix How S3's messages begin.
 * @throws S3Error With this code, for a credential that is none, or of another region or service.
 */
export function parseScope(
  text: string,
  endpointRegion: string,
  code: ErrorCode,
  prefix: string,
): { accessKeyId: string; scope: Scope } {
  const parts = text.split('/')
  const [terminator, service, region, date] = parts.slice(-4).reverse()
  const accessKeyId = parts.slice(0, -4).join('/')
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request') {
    throw new S3Error(
      code,
      `${prefix} the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
    )
  }
  if (region !== endpointRegion) {
    const message = `${prefix} the region '${region}' is wrong; expecting '${endpointRegion}'`
    throw new S3Error(code, message, { Region: endpointRegion })
  }
  if (service !== 's3') {
    throw new S3Error(code, `${prefix} incorrect service "${service}". This endpoint belongs to "s3".`)
  }
  if (!/^\d{8}$/.test(date)) {
    throw new S3Error(
      code,
      `${prefix} incorrect date format "${date}". This date must be in the format "yyyyMMdd".`,
    )
  }
  return { accessKeyId, scope: { date, region, service } }
}

/** @throws S3Error `AuthorizationQueryParametersError` for anything else than 0 to seven days, in seconds. */
export function parseExpires(text: string): number {
  const code = 'AuthorizationQueryParametersError'
  const seconds = Number(text)
  if (!/^[+-]?\d+$/.test(text)) throw new S3Error(code, 'X-Amz-Expires should be a number')
  if (seconds < 0) throw new S3Error(code, 'X-Amz-Expires must be non-negative')
  if (seconds <= MAX_EXPIRES_SECONDS) return seconds
  throw new S3Error(
    code,
    `X-Amz-Expires must be less than a week (in seconds) that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`,
  )
}

/** @param text `20261121T013425Z` */
export function parseTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time.getTime()) ? undefined : time
}
