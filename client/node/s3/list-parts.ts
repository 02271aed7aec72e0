import { MAX_LIST_PAGE, MAX_PARTS } from '../../../protocol/limits.ts'
import type { StoredPart } from '../../../protocol/schemas.ts'
import { abortDateOf, algorithmOf, checksumOf, unlessUnknown, unquoted } from './answers.ts'
import type { S3Call } from './call.ts'
import type { S3Upload, UploadTerms } from './multipart-upload.ts'
import { childrenOf, parseXml, textOf, type XmlElement } from './xml.ts'

/**
 * Every part up to `lastPartNumber`, by number: pages in parallel, for a marker can be any number.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 * @returns `undefined` where there is no such upload
 */
export async function listParts(
  call: S3Call,
  upload: S3Upload,
  lastPartNumber: number,
  signal: AbortSignal,
): Promise<(UploadTerms & { parts: StoredPart[] }) | undefined> {
  const starts = Array.from(
    { length: Math.ceil(lastPartNumber / MAX_LIST_PAGE) },
    (_, page) => page * MAX_LIST_PAGE,
  )
  const pages = await unlessUnknown(
    Promise.all(
      starts.map((start) =>
        listPartsFrom(call, upload, start, Math.min(start + MAX_LIST_PAGE, lastPartNumber), signal),
      ),
    ),
  )
  if (!pages) return undefined
  const parts = pages.flatMap(({ parts }) => parts).filter(({ partNumber }) => partNumber <= lastPartNumber)
  const byNumber = new Map(parts.map((part) => [part.partNumber, part]))
  const inOrder = [...byNumber.values()].sort((a, b) => a.partNumber - b.partNumber)
  return { algorithm: 'NONE', ...pages[0], parts: inOrder }
}

/** Every part, page after page: of an upload whose plan nobody knows. @returns `undefined` where there is no such upload */
export function listAllParts(
  call: S3Call,
  upload: S3Upload,
  signal: AbortSignal,
): Promise<(UploadTerms & { parts: StoredPart[] }) | undefined> {
  return unlessUnknown(listPartsFrom(call, upload, 0, MAX_PARTS, signal))
}

/** The parts after `start` up to `end`: one page, unless the store has smaller ones. */
async function listPartsFrom(
  call: S3Call,
  { key, uploadId }: S3Upload,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<UploadTerms & { parts: StoredPart[] }> {
  const parts: StoredPart[] = []
  for (let marker = start; ; ) {
    const query = [
      ['max-parts', String(Math.min(MAX_LIST_PAGE, end - marker))],
      ['part-number-marker', String(marker)],
      ['uploadId', uploadId],
    ] as const
    const answer = await call({ method: 'GET', key, query, to: `list the parts of ${key}` }, signal)
    const page = parseXml(answer.body)
    parts.push(...childrenOf(page, 'Part').map(storedPart))
    const next = Number(textOf(page, 'NextPartNumberMarker') ?? Number.NaN)
    if (textOf(page, 'IsTruncated') !== 'true' || !(next > marker) || next >= end) {
      const algorithm = algorithmOf(textOf(page, 'ChecksumAlgorithm'), textOf(page, 'ChecksumType'))
      return { parts, algorithm, ...abortDateOf(answer.headers) }
    }
    marker = next
  }
}

function storedPart(part: XmlElement): StoredPart {
  const checksum = checksumOf((algorithm) => textOf(part, `Checksum${algorithm}`))
  return {
    partNumber: Number(textOf(part, 'PartNumber')),
    size: Number(textOf(part, 'Size')),
    etag: unquoted(textOf(part, 'ETag') ?? ''),
    ...(checksum && { checksum }),
  }
}
