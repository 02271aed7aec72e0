import type { CorsRule } from './cors.ts'
import { S3Error } from './errors.ts'

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'
const NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."

type Headers = ReadonlyMap<string, string>

/** What an answer carries so that a page may read it; nothing where no rule of the bucket matches. */
export function corsHeaders(
  rules: readonly CorsRule[],
  method: string,
  headers: Headers,
): Record<string, string> {
  const origin = headers.get('origin')
  const rule = origin === undefined ? undefined : rules.find((each) => allows(each, origin, method))
  return origin === undefined || rule === undefined ? {} : describe(rule, origin)
}

/**
 * The answer to a preflight, which nobody signs.
 *
 * @throws S3Error `BadRequest` where it is none, `AccessForbidden` where no rule matches.
 */
export function preflight(
  rules: readonly CorsRule[] | undefined,
  headers: Headers,
  isBucket: boolean,
): Record<string, string> {
  const origin = headers.get('origin')
  const method = headers.get('access-control-request-method')
  if (origin === undefined) {
    throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.')
  }
  if (method === undefined || !/^(GET|PUT|POST|DELETE|HEAD)$/.test(method)) {
    throw new S3Error('BadRequest', `Invalid Access-Control-Request-Method: ${method ?? 'null'}`)
  }
  const details = { Method: method, ResourceType: isBucket ? 'BUCKET' : 'OBJECT' }
  if (rules === undefined) throw new S3Error('AccessForbidden', undefined, details)
  const requested = (headers.get('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  const rule = rules.find(
    (each) => allows(each, origin, method) && requested.every((name) => allowsHeader(each, name)),
  )
  if (rule === undefined) throw new S3Error('AccessForbidden', NOT_ALLOWED, details)
  return {
    ...describe(rule, origin),
    ...(requested.length > 0 && { 'access-control-allow-headers': requested.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  }
}

function allows(rule: CorsRule, origin: string, method: string): boolean {
  return (
    rule.allowedMethods.includes(method) && rule.allowedOrigins.some((pattern) => matches(pattern, origin))
  )
}

function allowsHeader(rule: CorsRule, name: string): boolean {
  return rule.allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name))
}

/** A pattern has at most one wildcard. */
function matches(pattern: string, value: string): boolean {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === value
  return value.length >= before.length + after.length && value.startsWith(before) && value.endsWith(after)
}

function describe(rule: CorsRule, origin: string): Record<string, string> {
  const anybody = rule.allowedOrigins.includes('*')
  return {
    'access-control-allow-origin': anybody ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(!anybody && { 'access-control-allow-credentials': 'true' }),
    ...(rule.exposeHeaders.length > 0 && {
      'access-control-expose-headers': rule.exposeHeaders.join(', '),
    }),
    vary: VARY,
  }
}
