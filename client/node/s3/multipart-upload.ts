import type { ChecksumAlgorithm } from '../../../protocol/schemas.ts'
import { StoreError } from '../../errors.ts'
import { abortDateOf, algorithmOf, only, unlessUnknown } from './answers.ts'
import type { S3Answer, S3Call } from './call.ts'
import { parseXml, textOf } from './xml.ts'

export interface S3Upload {
  readonly key: string
  /** S3's own. */
  readonly uploadId: string
}

/** What the store says of an upload that is under way. */
export interface UploadTerms {
  /** Of the whole object; NONE for a store that keeps none. */
  readonly algorithm: ChecksumAlgorithm
  readonly abortDate?: string
}

/** These say that the store does not know what it was asked for. */
const NOT_UNDERSTOOD = ['InvalidArgument', 'InvalidRequest', 'NotImplemented']

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html. A store that refuses the checksum's algorithm is asked once
 * more without.
 */
export async function createMultipartUpload(
  call: S3Call,
  key: string,
  { headers, algorithm }: { headers: Record<string, string>; algorithm: ChecksumAlgorithm },
  signal: AbortSignal,
): Promise<S3Upload & UploadTerms> {
  const create = (more: Record<string, string>) =>
    call(
      {
        method: 'POST',
        key,
        query: [['uploads', '']],
        headers: { ...headers, ...more },
        to: `begin an upload of ${key}`,
      },
      signal,
    )
  const checksum = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': 'FULL_OBJECT' }
  const answer = await (algorithm === 'NONE' ? create({}) : create(checksum).catch(withoutChecksum))
  const uploadId = textOf(parseXml(answer.body), 'UploadId')
  if (!uploadId) throw new SyntaxError('Expected an upload id, got none.')
  const { 'x-amz-checksum-algorithm': agreed, 'x-amz-checksum-type': type } = answer.headers
  return { key, uploadId, algorithm: algorithmOf(only(agreed), only(type)), ...abortDateOf(answer.headers) }

  function withoutChecksum(error: unknown): Promise<S3Answer> {
    if (!(error instanceof StoreError && NOT_UNDERSTOOD.includes(error.code ?? ''))) throw error
    return create({}).catch(() => {
      throw error
    })
  }
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 * @returns `undefined` where there is no such upload (any more)
 */
export function abortMultipartUpload(
  call: S3Call,
  { key, uploadId }: S3Upload,
  signal: AbortSignal,
): Promise<S3Answer | undefined> {
  const query = [['uploadId', uploadId]] as const
  return unlessUnknown(call({ method: 'DELETE', key, query, to: `abort the upload of ${key}` }, signal))
}
