import type { SingleUpload } from '../protocol/schemas.ts'
import type { FoundObject, UploadId } from './control-plane.ts'
import { ApiError } from './errors.ts'
import type { PersistentPlane } from './persist.ts'

/** The object that an upload has become, where a request whose answer never came has made one. */
export function findObject(
  controlPlane: PersistentPlane,
  upload: UploadId | SingleUpload,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  return controlPlane.find
    ? controlPlane.find(upload, signal)
    : whateverIsThere(controlPlane, upload.key, signal)
}

async function whateverIsThere(
  controlPlane: PersistentPlane,
  key: string,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  try {
    const { size, etag, checksum } = await controlPlane.download({ key }, signal)
    return { size, etag, checksum }
  } catch (error) {
    if (error instanceof ApiError && error.type === 'object-unknown') return undefined
    throw error
  }
}
