import type { UploadId } from '../../control-plane.ts'
import { livePresigner } from './sign-parts.ts'
import type { S3Store } from './store.ts'

/** Sizes in bytes. */
export interface PresignedPart {
  readonly partNumber: number
  /** Absent where nobody said: the URL takes a body of any size then. */
  readonly size?: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Full URLs for parts of an upload, by S3's own id. */
export async function presignParts(
  store: S3Store,
  { key, uploadId }: UploadId,
  parts: readonly { readonly partNumber: number; readonly size?: number | undefined }[],
  signal: AbortSignal,
): Promise<{ parts: PresignedPart[]; expiresAt: string; expiresIn: number }> {
  const { presigner, expiresIn } = await livePresigner(store, signal)
  const signed = parts.map(({ partNumber, size }) => {
    const { url, headers, expiresAt } = presigner.presign({
      method: 'PUT',
      key,
      query: [
        ['partNumber', String(partNumber)],
        ['uploadId', uploadId],
        ['x-id', 'UploadPart'],
      ],
      headers: size === undefined ? {} : { 'content-length': String(size) },
      expiresIn,
    })
    return { part: { partNumber, ...(size !== undefined && { size }), url, headers }, expiresAt }
  })
  return {
    parts: signed.map(({ part }) => part),
    expiresAt: new Date(Math.min(...signed.map(({ expiresAt }) => expiresAt.getTime()))).toISOString(),
    expiresIn,
  }
}
