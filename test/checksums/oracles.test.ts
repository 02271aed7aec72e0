import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Crc32cJs, Crc64NvmeJs } from '@aws-sdk/checksums/crc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineCrc } from '../../checksums/combine.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { createMd5 } from '../../checksums/md5.ts'

const ORACLES: Record<CrcAlgorithm, (data: Uint8Array) => Promise<Uint8Array>> = {
  CRC64NVME: async (data) => await digestOf(new Crc64NvmeJs(), data),
  CRC32C: async (data) => await digestOf(new Crc32cJs(), data),
  CRC32: async (data) => {
    const digest = Buffer.alloc(4)
    digest.writeUInt32BE(crc32(data))
    return digest
  },
}

test.each(Object.entries(ORACLES) as [CrcAlgorithm, (typeof ORACLES)[CrcAlgorithm]][])(
  '%s, whole and combined, is what the AWS SDK or zlib computes',
  async (algorithm, oracle) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200_000, size: 'max' }), fc.nat(), async (data, seed) => {
        const cut = seed % (data.length + 1)
        const first = createCrc(algorithm).update(data.subarray(0, cut)).digest()
        const second = createCrc(algorithm).update(data.subarray(cut)).digest()
        const expected = new Uint8Array(await oracle(data))
        expect(createCrc(algorithm).update(data).digest()).toEqual(expected)
        expect(combineCrc(algorithm, first, second, data.length - cut)).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  },
)

test('MD5 is what OpenSSL computes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200_000, size: 'max' }), (data) => {
      expect(Buffer.from(createMd5().update(data).digest())).toEqual(createHash('md5').update(data).digest())
    }),
  )
})

interface SdkChecksum {
  update(data: Uint8Array): void
  digest(): Promise<Uint8Array>
}

function digestOf(checksum: SdkChecksum, data: Uint8Array): Promise<Uint8Array> {
  checksum.update(data)
  return checksum.digest()
}
