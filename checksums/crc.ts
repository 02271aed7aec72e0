import { type CrcAlgorithm, crcInstance, toBytes } from './instance.ts'

export type { CrcAlgorithm } from './instance.ts'

/** A CRC under way. Many can run at once, interleaved. */
export interface Crc {
  /** Takes further bytes, which may be reused afterwards. */
  update(bytes: Uint8Array): Crc
  /** The CRC of all bytes so far: big-endian, 8 bytes (CRC64NVME) or 4. More may follow. */
  digest(): Uint8Array
}

/**
 * A CRC as S3 computes it, in WebAssembly, in Node and in browsers.
 * Node's own `zlib.crc32` is faster for CRC32: prefer it where `node:` modules can be had.
 *
 * @example toBase64(createCrc('CRC64NVME').update(bytes).digest())
 */
export function createCrc(algorithm: CrcAlgorithm): Crc {
  const { memory, input, update } = crcInstance(algorithm)
  const block = new Uint8Array(memory.buffer, input.value)
  let crc = 0n
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length; at += block.length) {
        const slice = bytes.subarray(at, at + block.length)
        block.set(slice)
        crc = update(crc, slice.length)
      }
      return this
    },
    digest: () => toBytes(crc, algorithm),
  }
}
