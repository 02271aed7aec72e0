import { crc32 } from 'node:zlib'
import { type Crc, type CrcAlgorithm, createCrc as createWasmCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { md5s } from './md5.ts'

/** A CRC under way, by what is fastest here: zlib has CRC32 alone, at twice the speed of WebAssembly. */
export function createCrc(algorithm: CrcAlgorithm): Crc {
  return algorithm === 'CRC32' ? createZlibCrc() : createWasmCrc(algorithm)
}

function createZlibCrc(): Crc {
  let crc = 0
  return {
    update(bytes) {
      crc = crc32(bytes, crc)
      return this
    },
    digest() {
      const digest = new Uint8Array(4)
      new DataView(digest.buffer).setUint32(0, crc)
      return digest
    },
  }
}

/** What is wanted of the bytes of a body. */
export interface HashRequest {
  readonly crc?: CrcAlgorithm | undefined
  readonly md5?: boolean | undefined
}

/** The hashes of a body, as it is read. */
export interface Hashing {
  /** Resolves when the bytes may be reused. */
  update(bytes: Uint8Array): Promise<void> | undefined
  /** Once. `md5` in hex; absent where it was lost. */
  digest(): { crc: Uint8Array | undefined; md5: string | undefined }
}

export function startHashing({ crc: algorithm, md5: wantsMd5 }: HashRequest): Hashing {
  const crc = algorithm && createCrc(algorithm)
  const md5 = wantsMd5 ? md5s.create() : undefined
  return {
    update(bytes) {
      const hashed = md5?.update(bytes)
      crc?.update(bytes)
      return hashed
    },
    digest() {
      const digest = md5?.digest()
      return { crc: crc?.digest(), md5: digest && toHex(digest) }
    },
  }
}
