import { MAX_PARTS } from '../../protocol/limits.ts'
import { S3Error } from './errors.ts'
import type { ObjectRecord, StoredPart } from './store/records.ts'
import { childNames, elements, parseXml, text, type XmlNode } from './xml.ts'

/** A part as the client of CompleteMultipartUpload names it. */
export interface NamedPart {
  partNumber: number
  /** Without quotes. */
  etag: string
  /** In base64, by the names of the XML: `ChecksumCRC32`. */
  checksums: ReadonlyMap<string, string>
}

/** @throws S3Error `MalformedXML`, `InvalidRequest` for no parts at all. */
export function parseParts(document: string): NamedPart[] {
  const parts = document === '' ? [] : elements(parseXml(document, 'CompleteMultipartUpload'), 'Part')
  if (parts.length === 0) throw new S3Error('InvalidRequest', 'You must specify at least one part')
  if (parts.length > MAX_PARTS) throw new S3Error('MalformedXML')
  return parts.map(parsePart)
}

/** A repeated completion has to name the parts of the first. */
export function assertSameParts({ parts = [], data }: ObjectRecord, named: readonly NamedPart[]): void {
  const same = parts.length === named.length && parts.every((part, at) => isSame(part, named[at]))
  if (!same) throw new S3Error('InvalidPart', undefined, { UploadId: data })
}

function isSame(part: StoredPart, named: NamedPart | undefined): boolean {
  return part.partNumber === named?.partNumber && part.etag === named.etag
}

function parsePart(node: XmlNode): NamedPart {
  const partNumber = text(node, 'PartNumber') ?? ''
  const etag = text(node, 'ETag')
  if (!/^\d{1,9}$/.test(partNumber) || etag === undefined) throw new S3Error('MalformedXML')
  const names = childNames(node).filter((name) => name.startsWith('Checksum'))
  return {
    partNumber: Number(partNumber),
    etag: etag.replaceAll('"', ''),
    checksums: new Map(names.map((name) => [name, text(node, name) ?? ''])),
  }
}
