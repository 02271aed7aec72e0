import type { SingleUpload } from '../protocol/schemas.ts'
import { ApiError } from './errors.ts'
import type { ControlPlane, FoundObject, UploadId } from './ports.ts'

/** The object that an upload has become, where a request whose answer never came has made one. */
export function findObject(
  controlPlane: ControlPlane,
  upload: UploadId | SingleUpload,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  return controlPlane.find
    ? controlPlane.find(upload, signal)
    : whateverIsThere(controlPlane, upload.key, signal)
}

async function whateverIsThere(
  controlPlane: ControlPlane,
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
