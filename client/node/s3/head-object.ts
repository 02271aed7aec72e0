import type { Checksum } from '../../../protocol/schemas.ts'
import { checksumOf, only, unlessUnknown, unquoted } from './answers.ts'
import type { S3Call } from './call.ts'

export interface Head {
  readonly size: number
  readonly etag: string
  readonly checksum?: Checksum
  readonly contentType: string | undefined
  readonly versionId: string | undefined
  /** Without `x-amz-meta-`, as it stands. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 * @returns `undefined` where there is no such object
 */
export async function headObject(call: S3Call, key: string, signal: AbortSignal): Promise<Head | undefined> {
  const headers = { 'x-amz-checksum-mode': 'ENABLED' }
  const answer = await unlessUnknown(call({ method: 'HEAD', key, headers, to: `say what ${key} is` }, signal))
  if (!answer) return undefined
  const said = answer.headers
  const checksum = checksumOf(
    (algorithm) => only(said[`x-amz-checksum-${algorithm.toLowerCase()}`]),
    only(said['x-amz-checksum-type']),
  )
  return {
    size: Number(said['content-length']),
    etag: unquoted(said.etag ?? ''),
    ...(checksum && { checksum }),
    contentType: said['content-type'],
    versionId: only(said['x-amz-version-id']),
    metadata: Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) =>
        name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), only(value) ?? '']] : [],
      ),
    ),
  }
}
