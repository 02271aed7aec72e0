import type { Checksum, SingleUpload } from '../protocol/schemas.ts'
import { ApiError } from './errors.ts'
import type { Stored } from './job.ts'
import type { ControlPlane, UploadId } from './ports.ts'
import { verifyArrival } from './verify.ts'

/**
 * The object that an upload has become, where a request whose answer never came has made one.
 * @throws {IntegrityError} where it is not what was to arrive
 */
export async function findObject(
  controlPlane: ControlPlane,
  upload: UploadId | SingleUpload,
  expected: { size: number; checksum: Checksum | undefined },
  signal: AbortSignal,
): Promise<Stored | undefined> {
  const find = controlPlane.find?.bind(controlPlane) ?? whateverIsThere(controlPlane)
  const object = await find(upload, signal)
  return object && { ...object, verified: verifyArrival(object, expected, 'in the store') }
}

function whateverIsThere(controlPlane: ControlPlane): NonNullable<ControlPlane['find']> {
  return async ({ key }, signal) => {
    try {
      const { size, etag, checksum } = await controlPlane.download({ key }, signal)
      return { size, etag, checksum }
    } catch (error) {
      if (error instanceof ApiError && error.type === 'object-unknown') return undefined
      throw error
    }
  }
}
