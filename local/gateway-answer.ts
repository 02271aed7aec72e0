import { validateHeaderName, validateHeaderValue } from 'node:http'

/** What the gateway sends to a client. */
export interface Answer {
  status: number
  headers: [name: string, value: string][]
  body: Buffer
}

/** The gateway's own errors, as AWS words them. */
const MESSAGES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** An error of the gateway itself: `{"message"}`. */
export function gatewayError(status: keyof typeof MESSAGES): Answer {
  return json(status, JSON.stringify({ message: MESSAGES[status] }))
}

/** A 401, with the reason where RFC 6750 puts it. */
export function unauthorized(reason: string): Answer {
  const answer = gatewayError(401)
  const challenge = `Bearer scope="" error="invalid_token" error_description="${reason.replaceAll('"', "'")}"`
  return { ...answer, headers: [...answer.headers, ['www-authenticate', challenge]] }
}

/**
 * Turns what a function returned into an answer, by the rules of payload format 2.0: without a status code, the value is
 * itself the body of a 200.
 *
 * @param payload JSON
 * @returns undefined where the value has a status code and does not otherwise fit the format
 */
export function readAnswer(payload: string): Answer | undefined {
  const value: unknown = JSON.parse(payload)
  if (typeof value === 'string') return json(200, value)
  if (!isRecord(value) || value.statusCode === undefined) return json(200, payload)

  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = value
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  if (!isRecord(headers) || !Array.isArray(cookies) || typeof body !== 'string') return undefined

  const answered: Answer['headers'] = [
    ...Object.entries(headers).map(([name, text]): [string, string] => [name.toLowerCase(), String(text)]),
    ...cookies.map((cookie): [string, string] => ['set-cookie', String(cookie)]),
  ]
  if (!answered.every(isHeader)) return undefined
  if (!answered.some(([name]) => name === 'content-type')) {
    answered.push(['content-type', 'text/plain;charset=UTF-8'])
  }
  return { status, headers: answered, body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8') }
}

function isHeader([name, value]: Answer['headers'][number]): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

function json(status: number, body: string): Answer {
  return { status, headers: [['content-type', 'application/json']], body: Buffer.from(body) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
