import { StoreError } from '../../errors.ts'
import { headObject } from './head-object.ts'
import { KeyTakenError } from './problems.ts'
import type { S3Store } from './store.ts'
import { MARK_METADATA, type UploadMark } from './upload-mark.ts'

/**
 * Told before the bytes travel, and once more before they become an object, for some stores ignore If-None-Match there (Ceph 16); that
 * holds it at the end, whatever happens meanwhile. So who may not look is let through.
 * @throws {KeyTakenError}
 */
export async function requireFree(
  { call }: S3Store,
  key: string,
  mark: UploadMark,
  signal: AbortSignal,
): Promise<void> {
  const head = await headObject(call, key, signal).catch((error: unknown) => {
    if (error instanceof StoreError && error.status === 403) return undefined
    throw error
  })
  if (head && head.metadata[MARK_METADATA] !== mark.text) throw new KeyTakenError(key)
}
