import type { Checksum } from '../protocol/schemas.ts'
import { ApiError } from './errors.ts'
import type { Stored } from './job.ts'
import type { ControlPlane } from './ports.ts'
import { verifyArrival } from './verify.ts'

/**
 * The object under an upload's own key, where a request whose answer never came has made one.
 * @throws {IntegrityError} where it is not what was to arrive
 */
export async function findObject(
  controlPlane: ControlPlane,
  key: string,
  expected: { size: number; checksum: Checksum | undefined },
  signal: AbortSignal,
): Promise<Stored | undefined> {
  try {
    const { size, etag, checksum } = await controlPlane.download({ key }, signal)
    return { size, etag, checksum, verified: verifyArrival({ size, checksum }, expected, 'in the store') }
  } catch (error) {
    if (error instanceof ApiError && error.type === 'object-unknown') return undefined
    throw error
  }
}
