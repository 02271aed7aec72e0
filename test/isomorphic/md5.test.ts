import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'

/** RFC 1321, appendix A.5. */
const KNOWN: [string, string][] = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  [
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    '57edf4a22be3c955ac49da2e2107b67a',
  ],
]

const md5Of = (data: Uint8Array) => createMd5().update(data).digest()

test.each(KNOWN)('the MD5 of "%s" is %s', (text, md5) => {
  expect(toHex(md5Of(new TextEncoder().encode(text)))).toBe(md5)
})

test('it is the same in one piece and in many, across block boundaries too, and when several run at once', () => {
  const data = Uint8Array.from({ length: 200_000 }, (_, at) => (at * at) >> 3)
  fc.assert(
    fc.property(fc.array(fc.nat(data.length), { maxLength: 8 }), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), data.length]
      const [md5, other] = [createMd5(), createMd5()]
      edges.forEach((edge, at) => {
        const piece = data.subarray(edges[at - 1] ?? 0, edge)
        md5.update(piece)
        other.update(piece.map((byte) => byte ^ 1))
      })
      expect(md5.digest()).toEqual(md5Of(data))
      expect(other.digest()).toEqual(md5Of(data.map((byte) => byte ^ 1)))
    }),
  )
})

test('a digest on the way changes nothing', () => {
  const md5 = createMd5().update(Uint8Array.of(1, 2, 3))
  const digest = md5.digest()
  expect(md5.digest()).toEqual(digest)
  md5.update(Uint8Array.of(4))
  expect(digest).toEqual(md5Of(Uint8Array.of(1, 2, 3)))
  expect(md5.digest()).toEqual(md5Of(Uint8Array.of(1, 2, 3, 4)))
})
