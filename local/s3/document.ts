import { MAX_PARTS } from '../../protocol/limits.ts'
import { readText } from './body.ts'
import type { ServiceCall } from './call.ts'
import { invalidArgument } from './errors.ts'
import { Integrity } from './integrity.ts'
import { parseXml, type XmlNode } from './xml.ts'

/**
 * The XML document that a request carries.
 *
 * @throws S3Error `MalformedXML`, `MaxMessageLengthExceeded`, `BadDigest`.
 */
export async function readDocument(call: ServiceCall, root: string): Promise<XmlNode> {
  return parseXml(await readDocumentText(call, new Integrity(call.headers)), root)
}

export async function readDocumentText(call: ServiceCall, integrity: Integrity): Promise<string> {
  const body = call.body()
  const text = await readText(body, (chunk) => integrity.update(chunk))
  integrity.finish(body.trailers)
  return text
}

/**
 * A whole number of the query, such as `max-keys`.
 *
 * @throws S3Error `InvalidArgument` for anything else than 0 to 2147483647.
 */
export function wholeNumber(query: ReadonlyMap<string, string>, name: string, byDefault: number): number {
  const text = query.get(name)
  if (text === undefined || text === '') return byDefault
  if (/^\d{1,10}$/.test(text) && Number(text) <= 2 ** 31 - 1) return Number(text)
  throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and 2147483647`)
}

/** @throws S3Error `InvalidArgument` */
export function parsePartNumber(text: string): number {
  const number = Number(text)
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= MAX_PARTS) return number
  const message = `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`
  throw invalidArgument('partNumber', text, message)
}

/** How keys stand in a listing: as they are, or percent-encoded where `encoding-type=url` asks for it. */
export function keyEncoder(query: ReadonlyMap<string, string>): (key: string) => string {
  const type = query.get('encoding-type')
  if (type === undefined) return (key) => key
  if (type !== 'url') {
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request')
  }
  return (key) => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+')
}

/** The `ETag` as headers and XML show it. */
export function quoted(etag: string): string {
  return `"${etag}"`
}
