import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Crc64NvmeJs } from '@aws-sdk/checksums/crc'
import { combineCrc } from '../checksums/combine.ts'
import { type CrcAlgorithm, createCrc } from '../checksums/crc.ts'
import { compare } from './compare.ts'

const MIB = 1024 * 1024
const PARTS = 10_000
const PART_BYTES = 8 * MIB
/** More than a processor's caches hold, read in blocks as an upload does. */
const blocks = Array.from({ length: 64 }, () => randomBytes(MIB))

/** The CRCs over the same 64 MiB, beside Node's own CRC32 and the AWS SDK's CRC64NVME; and combining parts. */
export async function checksums(): Promise<string> {
  const hashing = await compare({
    title: 'checksum, one thread',
    unit: 'MiB',
    columns: { 'MiB/s': (seconds) => (1 / seconds).toFixed(0) },
    contestants: [
      { name: 'CRC64NVME', amount: blocks.length, run: () => crcOfBlocks('CRC64NVME') },
      { name: 'CRC32', amount: blocks.length, run: () => crcOfBlocks('CRC32') },
      { name: 'CRC32C', amount: blocks.length, run: () => crcOfBlocks('CRC32C') },
      {
        name: '`zlib.crc32` of Node',
        amount: blocks.length,
        run: () => blocks.reduce((crc, block) => crc32(block, crc), 0),
      },
      {
        name: 'CRC64NVME of the AWS SDK (JavaScript)',
        amount: blocks.length,
        run: () => {
          const crc = new Crc64NvmeJs()
          for (const block of blocks) crc.update(block)
        },
      },
    ],
  })
  const combining = await compare({
    title: 'combining the parts of an upload',
    unit: 'parts',
    columns: { 'ms for 10,000': (seconds) => (seconds * PARTS * 1000).toFixed(1) },
    contestants: [
      { name: 'CRC64NVME, parts of 8 MiB', amount: PARTS, run: () => combineParts(PART_BYTES) },
      {
        name: 'CRC64NVME, parts of 8 MiB less one byte',
        amount: PARTS,
        run: () => combineParts(PART_BYTES - 1),
      },
    ],
  })
  return `${hashing}\n\n${combining}`
}

function crcOfBlocks(algorithm: CrcAlgorithm): void {
  const crc = createCrc(algorithm)
  for (const block of blocks) crc.update(block)
}

function combineParts(partBytes: number): void {
  const part = createCrc('CRC64NVME')
    .update(new Uint8Array([1]))
    .digest()
  let whole = part
  for (let partNumber = 2; partNumber <= PARTS; partNumber++) {
    whole = combineCrc('CRC64NVME', whole, part, partBytes)
  }
}
