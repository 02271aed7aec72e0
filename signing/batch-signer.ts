import { createHash, hash } from 'node:crypto'
import { type Scope, stringToSign } from './sigv4.ts'

const SHA256_BLOCK = 64
const SHA256_BYTES = 32
const SHA256_HEX = 64

/**
 * Signs canonical requests that begin alike, as those of an upload's parts do: the common prefix (with a session token
 * 1.6 KB of 2) is hashed once, and what is left costs a few hash blocks each. The HMAC is its two hashes, one-shot,
 * over buffers that are filled in place: all of it takes 2.5 µs, where `createHmac` alone takes 9.
 *
 * @param prefix what every canonical request begins with
 * @param key of `signingKey`, 32 bytes
 * @returns a function from the rest of a canonical request to its signature, 32 bytes
 */
export function createBatchSigner(
  prefix: string,
  { dateTime, scope, key }: { dateTime: string; scope: Scope; key: Uint8Array },
): (rest: string) => Buffer {
  const common = createHash('sha256').update(prefix)
  const text = Buffer.from(stringToSign(dateTime, scope, '0'.repeat(SHA256_HEX)))
  const inner = Buffer.concat([pad(key, 0x36), text])
  const outer = Buffer.concat([pad(key, 0x5c), Buffer.alloc(SHA256_BYTES)])
  const hashedRequestAt = inner.length - SHA256_HEX
  return (rest) => {
    inner.write(common.copy().update(rest).digest('hex'), hashedRequestAt, 'latin1')
    outer.set(hash('sha256', inner, 'buffer'), SHA256_BLOCK)
    return hash('sha256', outer, 'buffer')
  }
}

/** RFC 2104: the key, filled up with zeros to a block, XOR a constant. */
function pad(key: Uint8Array, constant: number): Buffer {
  const block = Buffer.alloc(SHA256_BLOCK, constant)
  for (const [at, byte] of key.entries()) block[at] = byte ^ constant
  return block
}
