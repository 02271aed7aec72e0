/** How the end of a body is told: by its length in bytes, by chunks, or by the end of the connection. */
export type Framing = { readonly bytes: number } | 'chunked' | 'close'

/** What an answer begins with. */
export interface AnswerHead {
  readonly status: number
  /** By names in lower case; of those that come more than once, all values, with commas. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly framing: Framing
  /** Whether the connection takes another request after the body. */
  readonly keepsAlive: boolean
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n]*)?$/
/** A name may not be folded into the line before, nor be followed by a space: RFC 9112, 5.1 and 5.2. */
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*?)[ \t]*$/
const LENGTH = /^\d{1,15}$/

/**
 * Reads the head of an answer to a GET.
 * @param text without the empty line at its end
 * @throws {SyntaxError} where it is not HTTP/1.1, or leaves open how long the body is
 */
export function parseAnswerHead(text: string): AnswerHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const [, minor, code] = STATUS_LINE.exec(statusLine) ?? []
  if (code === undefined) throw unexpected('a status line', statusLine)
  const status = Number(code)
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const [, name, value = ''] = FIELD_LINE.exec(line) ?? []
    if (name === undefined) throw unexpected('a header', line)
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const framing = framingOf(status, headers)
  const connection = headers.connection?.toLowerCase() ?? ''
  const keepsAlive = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  return { status, headers, framing, keepsAlive: keepsAlive && framing !== 'close' }
}

function framingOf(status: number, headers: Readonly<Record<string, string>>): Framing {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers
  if (status < 200 || status === 204 || status === 304) return { bytes: 0 }
  if (encoding !== undefined) {
    if (encoding.toLowerCase() === 'chunked' && length === undefined) return 'chunked'
    throw unexpected('a body in chunks', `Transfer-Encoding: ${encoding}`)
  }
  if (length === undefined) return 'close'
  if (LENGTH.test(length)) return { bytes: Number(length) }
  throw unexpected('a length', `Content-Length: ${length}`)
}

function unexpected(expected: string, got: string): SyntaxError {
  return new SyntaxError(`Expected ${expected} of HTTP/1.1, got ${JSON.stringify(got.slice(0, 100))}.`)
}
