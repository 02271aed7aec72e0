import { MAX_USER_METADATA_BYTES } from './limits.ts'
import { ProblemError } from './problems.ts'

/**
 * User metadata (`x-amz-meta-*`) is ASCII and 2 KB in all. Values travel percent-encoded; one that would grow over 1 KB
 * travels in base64 behind `base64:`, so that any name of 1,024 bytes fits. A colon never stands in what is percent-encoded, and
 * S3 has no reason to touch either, as it does with words of RFC 2047.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */

/** Where the original file name stands; no metadata of the caller's may have this name. */
export const FILE_NAME_METADATA = 'file-name'

const LONGEST_PERCENT_ENCODED = 1024
const BASE64_PREFIX = 'base64:'

/**
 * @returns names and encoded values, without `x-amz-meta-`
 * @throws {ProblemError} `invalid-request` where they exceed 2 KB in all, or one is called `file-name`
 */
export function encodeUserMetadata(
  fileName: string,
  metadata: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (FILE_NAME_METADATA in metadata) {
    throw new ProblemError(
      'invalid-request',
      `Metadata may not be called ${FILE_NAME_METADATA}: the file's own name stands there. Choose another name.`,
    )
  }
  const encoded = Object.fromEntries(
    Object.entries({ ...metadata, [FILE_NAME_METADATA]: fileName }).map(([name, value]) => [
      name,
      encodeValue(value),
    ]),
  )
  const bytes = Object.entries(encoded).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes > MAX_USER_METADATA_BYTES) {
    throw new ProblemError(
      'invalid-request',
      `The file name and the metadata take ${bytes} bytes once encoded; S3 takes ${MAX_USER_METADATA_BYTES}. Send less metadata.`,
    )
  }
  return encoded
}

/** The file name and the caller's metadata out of what S3 returns. Values that others wrote come back as they are. */
export function decodeUserMetadata(encoded: Readonly<Record<string, string>>): {
  fileName: string | undefined
  metadata: Record<string, string>
} {
  const { [FILE_NAME_METADATA]: fileName, ...metadata } = Object.fromEntries(
    Object.entries(encoded).map(([name, value]) => [name, decodeValue(value)]),
  )
  return { fileName, metadata }
}

function encodeValue(value: string): string {
  const percent = encodeURIComponent(value.toWellFormed())
  if (percent.length <= LONGEST_PERCENT_ENCODED) return percent
  const binary = String.fromCharCode(...new TextEncoder().encode(value))
  return BASE64_PREFIX + btoa(binary)
}

function decodeValue(value: string): string {
  try {
    if (!value.startsWith(BASE64_PREFIX)) return decodeURIComponent(value)
    const binary = atob(value.slice(BASE64_PREFIX.length))
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
  } catch {
    return value
  }
}
