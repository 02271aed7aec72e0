import { crc32 } from 'node:zlib'

/** CRC32 by zlib, which is twice as fast as WebAssembly. */
export class ZlibCrc32 {
  #value = 0

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value)
  }

  digest(): Uint8Array {
    const digest = Buffer.alloc(4)
    digest.writeUInt32BE(this.#value)
    return digest
  }
}
