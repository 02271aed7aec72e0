import type { IncomingHttpHeaders } from 'node:http'
import { checksumAlgorithms } from '../../../protocol/checksum-algorithms.ts'
import type { Checksum, ChecksumAlgorithm } from '../../../protocol/schemas.ts'
import { StoreError } from '../../errors.ts'

/** What the answers of several operations have in common. */

/** Some stores say NoSuchKey of an upload. A bucket that is not there is another matter. */
export async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StoreError && error.status === 404 && error.code !== 'NoSuchBucket') return undefined
    throw error
  }
}

/** Of a part, or of an object as a whole: a composite one says nothing of the whole, and is left out. */
export function checksumOf(
  read: (algorithm: Checksum['algorithm']) => string | undefined,
  type?: string,
): Checksum | undefined {
  if (type === 'COMPOSITE') return undefined
  for (const algorithm of checksumAlgorithms) {
    const value = read(algorithm)
    if (value) return { algorithm, value }
  }
  return undefined
}

export function algorithmOf(algorithm: string | undefined, type: string | undefined): ChecksumAlgorithm {
  if (type === 'COMPOSITE') return 'NONE'
  return checksumAlgorithms.find((known) => known === algorithm) ?? 'NONE'
}

export function abortDateOf(headers: IncomingHttpHeaders): { abortDate?: string } {
  const time = Date.parse(only(headers['x-amz-abort-date']) ?? '')
  return Number.isNaN(time) ? {} : { abortDate: new Date(time).toISOString() }
}

export function only(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

export function unquoted(etag: string): string {
  return etag.replaceAll('"', '')
}
