import { fromBase64 } from './base64.ts'
import { crcWasm } from './crc-wasm.ts'

/** The CRCs that S3 keeps for whole objects, by S3's names. */
export type CrcAlgorithm = 'CRC64NVME' | 'CRC32' | 'CRC32C'

/** What crc.wat exports. A CRC is an i64; BigInts come back signed. */
export interface CrcInstance {
  memory: WebAssembly.Memory
  /** Where in the memory the input begins. It reaches to the memory's end. */
  input: WebAssembly.Global<'i32'>
  update(crc: bigint, length: number): bigint
  combine(first: bigint, second: bigint, secondLength: bigint): bigint
}

interface Variant {
  /** Reflected: the lowest bit stands for the highest power of x. */
  polynomial: bigint
  /** Bytes. */
  size: number
}

export const variants: Record<CrcAlgorithm, Variant> = {
  CRC64NVME: { polynomial: 0x9a6c9329ac4bc9b5n, size: 8 },
  CRC32: { polynomial: 0xedb88320n, size: 4 },
  CRC32C: { polynomial: 0x82f63b78n, size: 4 },
}

/**
 * The WebAssembly instance for an algorithm, made at first use and shared: no state outlives a call into it.
 * Synchronous, which browsers allow on the main thread for a module this small (1 KB).
 */
export function crcInstance(algorithm: CrcAlgorithm): CrcInstance {
  const existing = instances.get(algorithm)
  if (existing) return existing
  module ??= new WebAssembly.Module(fromBase64(crcWasm))
  const exports = new WebAssembly.Instance(module).exports as unknown as CrcInstance & {
    init(polynomial: bigint): void
  }
  exports.init(variants[algorithm].polynomial)
  instances.set(algorithm, exports)
  return exports
}

let module: WebAssembly.Module | undefined
const instances = new Map<CrcAlgorithm, CrcInstance>()

/** A CRC as S3 writes it: big-endian. */
export function toBytes(crc: bigint, algorithm: CrcAlgorithm): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, crc)
  return bytes.slice(-variants[algorithm].size)
}

/** @throws RangeError where the bytes are too many or too few for the algorithm. */
export function fromBytes(bytes: Uint8Array, algorithm: CrcAlgorithm): bigint {
  const { size } = variants[algorithm]
  if (bytes.length !== size) {
    throw new RangeError(`expected a ${algorithm} of ${size} bytes, got ${bytes.length}`)
  }
  const padded = new Uint8Array(8)
  padded.set(bytes, 8 - size)
  return new DataView(padded.buffer).getBigInt64(0)
}
