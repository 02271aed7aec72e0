import { fromHex, toHex } from '../checksums/hex.ts'

const MD5 = /^[0-9a-f]{32}$/

/**
 * Whether an ETag, without quotes, can be the MD5 of a part's bytes: what S3 makes of it except under SSE-KMS and SSE-C, where it
 * looks the same and is not. So only equality proves something; one that differs from the MD5 of what was sent may be no MD5.
 */
export function canBeMd5(etag: string): boolean {
  return MD5.test(etag)
}

/**
 * The ETag of an object that was stored in parts: the MD5 of the MD5s of its parts, in order, and how many they are.
 * @param md5s in hex, of each part
 */
export async function etagOfParts(md5s: readonly string[]): Promise<string> {
  // Browsers load it only for stores that keep no checksum.
  const { createMd5 } = await import('../checksums/md5.ts')
  const md5 = createMd5()
  for (const part of md5s) md5.update(fromHex(part))
  return `${toHex(md5.digest())}-${md5s.length}`
}
