import { expect, test } from 'vitest'
import { storedParts } from '../../lambda/stored-parts.ts'
import { comparePlan } from '../../protocol/compare-plan.ts'
import { MIB } from '../../protocol/limits.ts'
import { plan } from '../../protocol/part-plan.ts'

const upload = plan(20 * MIB, 8 * MIB)
const part = (partNumber: number, size = 8 * MIB, etag = `etag-${partNumber}`) => ({ partNumber, size, etag })
const crc = (value: string) => ({ algorithm: 'CRC64NVME' as const, value })
const whole = [part(1), part(2), part(3, 4 * MIB)]

test('a listing is read without quotes, in order, and without the parts outside the plan', () => {
  const listing = {
    Parts: [
      { PartNumber: 7, Size: 5, ETag: '"foreign"' },
      { PartNumber: 2, Size: 8, ETag: '"b"', ChecksumCRC64NVME: 'rosUhgp5mIg=' },
      { PartNumber: 1, Size: 8, ETag: 'a' },
    ],
  }
  expect(storedParts(listing, upload)).toEqual([
    { partNumber: 1, size: 8, etag: 'a' },
    { partNumber: 2, size: 8, etag: 'b', checksum: { algorithm: 'CRC64NVME', value: 'rosUhgp5mIg=' } },
  ])
})

test('a whole upload lacks nothing', () => {
  expect(comparePlan(whole, upload)).toEqual({ missing: [], mismatched: [] })
})

test('parts that are not stored are missing, parts of another size mismatched', () => {
  expect(comparePlan([part(2, 8 * MIB - 1)], upload)).toEqual({ missing: [1, 3], mismatched: [2] })
  expect(comparePlan([part(1), part(2), part(3)], upload)).toEqual({ missing: [], mismatched: [3] })
})

test('a part whose ETag or checksum is not the one claimed is mismatched', () => {
  const stored = whole.map((stored) => ({ ...stored, checksum: crc(`crc-${stored.partNumber}`) }))
  const claimed = [
    { partNumber: 1, etag: 'etag-1', checksum: crc('crc-1') },
    { partNumber: 2, etag: 'other' },
    { partNumber: 3, checksum: crc('other') },
  ]
  expect(comparePlan(stored, upload, claimed)).toEqual({ missing: [], mismatched: [2, 3] })
})

test('a checksum that the store did not keep cannot be compared, and is not held against the part', () => {
  const claimed = [1, 2, 3].map((partNumber) => ({ partNumber, checksum: crc('crc-1') }))
  expect(comparePlan(whole, upload, claimed)).toEqual({ missing: [], mismatched: [] })
})

test('a part that the caller leaves out of a list of parts is missing', () => {
  expect(comparePlan(whole, upload, [{ partNumber: 1 }, { partNumber: 3 }])).toEqual({
    missing: [2],
    mismatched: [],
  })
  expect(comparePlan(whole, upload, [])).toEqual({ missing: [1, 2, 3], mismatched: [] })
})
