import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SparseDigest } from '../../local/s3/sparse-digest.ts'

const MIB = 1024 * 1024

function digestOf(pieces: readonly Uint8Array[]): string {
  const digest = new SparseDigest('MD5', () => createHash('md5'))
  for (const piece of pieces) digest.update(piece)
  return Buffer.from(digest.digest()).toString('hex')
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

test('zeros, bytes and any mixture of them digest to what the digest itself says', () => {
  const zeros = fc.integer({ min: 0, max: 3000 }).map((length) => Buffer.alloc(length))
  const piece = fc.oneof(zeros, fc.uint8Array({ maxLength: 100 }))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      expect(digestOf(pieces)).toBe(md5(Buffer.concat(pieces)))
    }),
  )
})

test.each([
  ['a piece of 3 MiB', [3 * MIB]],
  ['the same zeros a second time', [3 * MIB]],
  ['more zeros than are put off', Array.from({ length: 70 }, () => MIB)],
])('so does %s', (_, lengths) => {
  const pieces = lengths.map((length) => Buffer.alloc(length))
  expect(digestOf(pieces)).toBe(md5(Buffer.concat(pieces)))
})

test('a byte at the very end of many zeros is not overlooked', () => {
  const bytes = Buffer.alloc(3 * MIB)
  bytes[bytes.length - 1] = 1
  expect(digestOf([bytes])).toBe(md5(bytes))
})
