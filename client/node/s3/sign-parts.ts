import { type PartPlan, partRange } from '../../../protocol/part-plan.ts'
import type { MultipartUpload, PresignRequest, SignedParts } from '../../../protocol/schemas.ts'
import { packSignedParts } from '../../../protocol/signed-parts.ts'
import { createPresigner, type Presigner } from '../../../signing/presigner.ts'
import type { PartChecksums, UploadId } from '../../control-plane.ts'
import type { AwsCredentials } from './credentials.ts'
import { listParts } from './list-parts.ts'
import type { S3Upload } from './multipart-upload.ts'
import type { S3Store } from './store.ts'
import { splitUploadId } from './upload-mark.ts'

/** Signs parts, and looks first whether what it signs with is live, where it has signed them before. */
export class PartSigner {
  readonly #store: S3Store
  readonly #stream: { readonly size: number } | undefined
  readonly #signed = new Map<string, Set<number>>()

  /** @param stream that the parts are of, as far as it is read */
  constructor(store: S3Store, stream: { readonly size: number } | undefined) {
    this.#store = store
    this.#stream = stream
  }

  /** @param upload as initiate answered it: its first window is signed */
  begun({ uploadId, signed }: MultipartUpload): void {
    if ('from' in signed) this.#remember(uploadId, numbersOf(signed))
  }

  /** Asked for again, URLs were refused or have grown old: one call tells whether the credentials are live, and what time it is there. */
  async sign(
    { key, uploadId }: UploadId,
    parts: PresignRequest['parts'],
    checksums: PartChecksums | undefined,
    signal: AbortSignal,
  ): Promise<SignedParts> {
    const { mark, s3UploadId } = splitUploadId(uploadId, this.#stream?.size)
    const upload = { key, uploadId: s3UploadId }
    if (this.#remember(uploadId, numbersOf(parts))) await listParts(this.#store.call, upload, 1, signal)
    return signParts(this.#store, { ...upload, plan: mark.plan }, parts, checksums, signal)
  }

  /** @returns whether any of them was signed before */
  #remember(uploadId: string, partNumbers: readonly number[]): boolean {
    const known = this.#signed.get(uploadId) ?? new Set()
    this.#signed.set(uploadId, known)
    const again = partNumbers.some((partNumber) => known.has(partNumber))
    for (const partNumber of partNumbers) known.add(partNumber)
    return again
  }
}

/** Signs parts on the spot, with whatever credentials are live: a window packed, single numbers as URLs. */
export async function signParts(
  store: S3Store,
  { key, uploadId, plan }: S3Upload & { plan: PartPlan },
  parts: PresignRequest['parts'],
  checksums: PartChecksums | undefined,
  signal: AbortSignal,
): Promise<SignedParts> {
  const { presigner, expiresIn } = await livePresigner(store, signal)
  if (!Array.isArray(parts) && !checksums) {
    const ranges = numbersOf(parts).map((partNumber) => partRange(plan, partNumber))
    const { urlTemplate, signatures, expiresAt } = presigner.presignParts(
      { key, uploadId, expiresIn },
      ranges,
    )
    const expiry = { expiresAt: expiresAt.toISOString(), expiresIn }
    return packSignedParts({ ...parts, urlTemplate, signatures, headers: {} }, expiry)
  }
  const signed = numbersOf(parts).map((partNumber) => {
    const { size } = partRange(plan, partNumber)
    const headers = checksumHeader(checksums, partNumber)
    return {
      partNumber,
      size,
      ...presigner.presignPart({ key, uploadId, partNumber, size, headers, expiresIn }),
    }
  })
  return {
    parts: signed.map(({ partNumber, size, url, headers }) => ({ partNumber, size, url, headers })),
    expiresAt: new Date(Math.min(...signed.map(({ expiresAt }) => expiresAt.getTime()))).toISOString(),
    expiresIn,
  }
}

function checksumHeader(checksums: PartChecksums | undefined, partNumber: number): Record<string, string> {
  const value = checksums?.values[partNumber]
  return checksums && value ? { [`x-amz-checksum-${checksums.algorithm.toLowerCase()}`]: value } : {}
}

function numbersOf(parts: PresignRequest['parts']): number[] {
  if (Array.isArray(parts)) return parts
  return Array.from({ length: parts.to - parts.from + 1 }, (_, index) => parts.from + index)
}

const presigners = new WeakMap<S3Store, { credentials: AwsCredentials; presigner: Presigner }>()

/** Its keys are derived once for the same credentials. */
function presignerOf(store: S3Store, credentials: AwsCredentials): Presigner {
  const last = presigners.get(store)
  if (last?.credentials === credentials) return last.presigner
  const { place, time } = store
  const presigner = createPresigner({ ...place, credentials, now: () => time.now() })
  presigners.set(store, { credentials, presigner })
  return presigner
}

/** @returns `expiresIn` in seconds: no URL outlives the session that it is signed with */
export async function livePresigner(
  store: S3Store,
  signal: AbortSignal,
): Promise<{ presigner: Presigner; expiresIn: number }> {
  const { session, time, urlLifetime } = store
  const credentials = await session.get(signal)
  const { expiration } = credentials
  const left = expiration ? Math.floor((expiration.getTime() - time.now().getTime()) / 1000) : urlLifetime
  return {
    presigner: presignerOf(store, credentials),
    expiresIn: Math.max(1, Math.min(urlLifetime, left)),
  }
}
