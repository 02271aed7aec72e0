import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../../checksums/base64.ts'
import { combineCrc } from '../../checksums/combine.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'

/** Check values from https://reveng.sourceforge.io/crc-catalogue/ */
const KNOWN: [CrcAlgorithm, string, string][] = [
  ['CRC64NVME', '', '0000000000000000'],
  ['CRC64NVME', '123456789', 'ae8b14860a799888'],
  ['CRC32', '', '00000000'],
  ['CRC32', '123456789', 'cbf43926'],
  ['CRC32', 'The quick brown fox jumps over the lazy dog', '414fa339'],
  ['CRC32C', '', '00000000'],
  ['CRC32C', '123456789', 'e3069283'],
  ['CRC32C', 'The quick brown fox jumps over the lazy dog', '22620404'],
]

/** 32 bytes each, from RFC 3720, appendix B.4 (CRC32C), and NVM Express' 4 KiB examples (CRC64NVME). */
const KNOWN_BYTES: [CrcAlgorithm, Uint8Array, string][] = [
  ['CRC32C', new Uint8Array(32), '8a9136aa'],
  ['CRC32C', new Uint8Array(32).fill(0xff), '62a8ab43'],
  ['CRC32C', Uint8Array.from({ length: 32 }, (_, at) => at), '46dd794e'],
  ['CRC64NVME', new Uint8Array(4096), '6482d367eb22b64e'],
  ['CRC64NVME', new Uint8Array(4096).fill(0xff), 'c0ddba7302eca3ac'],
  ['CRC64NVME', Uint8Array.from({ length: 4096 }, (_, at) => at), '3e729f5f6750449c'],
]

const bytes = fc.uint8Array({ maxLength: 300 })

test.each(KNOWN)('%s of "%s" is %s', (algorithm, text, crc) => {
  expect(hex(createCrc(algorithm).update(new TextEncoder().encode(text)).digest())).toBe(crc)
})

test.each(KNOWN_BYTES)('%s of a published pattern of bytes', (algorithm, pattern, crc) => {
  expect(hex(createCrc(algorithm).update(pattern).digest())).toBe(crc)
})

describe.each(['CRC64NVME', 'CRC32', 'CRC32C'] as const)('%s', (algorithm) => {
  const crcOf = (data: Uint8Array) => createCrc(algorithm).update(data).digest()

  test('is the plain bit-by-bit CRC of any bytes', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(hex(crcOf(data))).toBe(bitByBit(algorithm, data))
      }),
    )
  })

  test('is the same in one piece and in many, across block boundaries too', () => {
    const data = Uint8Array.from({ length: 400_000 }, (_, at) => (at * at) >> 3)
    fc.assert(
      fc.property(fc.array(fc.nat(data.length), { maxLength: 8 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), data.length]
        const crc = createCrc(algorithm)
        edges.forEach((edge, at) => {
          crc.update(data.subarray(edges[at - 1] ?? 0, edge))
        })
        expect(crc.digest()).toEqual(crcOf(data))
      }),
      { numRuns: 30 },
    )
  })

  test('goes on after a digest, and beside another', () => {
    const one = createCrc(algorithm)
    const other = createCrc(algorithm).update(Uint8Array.of(9))
    one.update(Uint8Array.of(1)).digest()
    other.update(Uint8Array.of(8))
    expect(one.update(Uint8Array.of(2)).digest()).toEqual(crcOf(Uint8Array.of(1, 2)))
    expect(one.digest()).toEqual(crcOf(Uint8Array.of(1, 2)))
    expect(other.digest()).toEqual(crcOf(Uint8Array.of(9, 8)))
  })

  test('pieces combine to the whole, empty ones included', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (pieces) => {
        const whole = createCrc(algorithm)
        let combined = whole.digest()
        for (const piece of pieces) {
          whole.update(piece)
          combined = combineCrc(algorithm, combined, crcOf(piece), piece.length)
        }
        expect(combined).toEqual(whole.digest())
      }),
    )
  })

  test('combining is associative at lengths no test can hash, up to 50 TB', () => {
    const crc = fc.uint8Array({
      minLength: crcOf(new Uint8Array()).length,
      maxLength: crcOf(new Uint8Array()).length,
    })
    const length = fc.nat(25_000_000_000_000)
    fc.assert(
      fc.property(crc, crc, crc, length, length, (a, b, c, lengthOfB, lengthOfC) => {
        const left = combineCrc(algorithm, combineCrc(algorithm, a, b, lengthOfB), c, lengthOfC)
        const right = combineCrc(algorithm, a, combineCrc(algorithm, b, c, lengthOfC), lengthOfB + lengthOfC)
        expect(left).toEqual(right)
      }),
    )
  })

  test('a length of 0 leaves the first as it is', () => {
    const crc = crcOf(Uint8Array.of(1, 2, 3))
    expect(combineCrc(algorithm, crc, crcOf(new Uint8Array()), 0)).toEqual(crc)
  })

  test('combining refuses what is no CRC and no length', () => {
    const crc = crcOf(Uint8Array.of(1))
    expect(() => combineCrc(algorithm, new Uint8Array(5), crc, 1)).toThrow(
      `expected a ${algorithm} of ${crc.length} bytes, got 5`,
    )
    expect(() => combineCrc(algorithm, crc, crc, -1)).toThrow('expected a length in whole bytes, got -1')
    expect(() => combineCrc(algorithm, crc, crc, 1.5)).toThrow('expected a length in whole bytes, got 1.5')
  })
})

describe('base64', () => {
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foobar', 'Zm9vYmFy'],
  ])('of "%s" is "%s" (RFC 4648)', (text, encoded) => {
    expect(toBase64(new TextEncoder().encode(text))).toBe(encoded)
  })

  test('comes back as the bytes it was made of, at any length', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(fromBase64(toBase64(data))).toEqual(data)
      }),
    )
    const signatures = Uint8Array.from({ length: 320_000 }, (_, at) => at * 7)
    expect(fromBase64(toBase64(signatures))).toEqual(signatures)
  })

  test('refuses what is not base64', () => {
    expect(() => fromBase64('no base64!')).toThrow('expected base64, got "no base64!"')
  })
})

/** The definition, one bit at a time: what the fast code has to agree with. */
function bitByBit(algorithm: CrcAlgorithm, data: Uint8Array): string {
  const [polynomial, bits] = (
    {
      CRC64NVME: [0x9a6c9329ac4bc9b5n, 64],
      CRC32: [0xedb88320n, 32],
      CRC32C: [0x82f63b78n, 32],
    } as const
  )[algorithm]
  const ones = (1n << BigInt(bits)) - 1n
  let crc = ones
  for (const byte of data) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? polynomial : 0n)
  }
  return (crc ^ ones).toString(16).padStart(bits / 4, '0')
}

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
