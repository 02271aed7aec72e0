import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_PARTS, MIB } from '../../protocol/limits.ts'
import { formatKey, parseKey, safeFileName, uuidV7 } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'

const ID = '019aa3b0-1234-7abc-8def-0123456789ab'
const fileNames = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constant('..'),
)
const keys = fc.record({
  prefix: fc.constantFrom('uploads', 'a/b'),
  caller: fc.stringMatching(/^[A-Za-z0-9]{1,26}$/),
  id: fc.constant(ID),
  plan: fc
    .integer({ min: 5, max: 5120 })
    .chain((mebibytes) =>
      fc.integer({ min: 0, max: MAX_PARTS * mebibytes * MIB }).map((size) => plan(size, mebibytes * MIB)),
    ),
  fileName: fileNames,
})

test('a key reads as its prefix, its caller, its plan and its name', () => {
  const key = formatKey({
    prefix: 'uploads',
    caller: 'public',
    id: ID,
    plan: plan(2_147_483_648, 8 * MIB),
    fileName: 'film.mp4',
  })
  expect(key).toBe(`uploads/public/${ID}-zik0zk-8/film.mp4`)
})

test('what a key is made of comes back from it', () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(parseKey(formatKey(key))).toEqual({ ...key, fileName: safeFileName(key.fileName) })
    }),
  )
})

test.each([
  '',
  'uploads/public/film.mp4',
  `uploads/public/${ID}-zik0zk/film.mp4`,
  `uploads/public/${ID}-zik0zk-8/`,
  `uploads/public/${ID}-zik0zk-8/a/b`,
  `uploads/public/${ID}-ZIK0ZK-8/film.mp4`,
  `uploads/public/${ID}-0zik0zk-8/film.mp4`,
  `uploads/public/${ID}-zzzzzzzzzzzz-8/film.mp4`,
  `uploads/public/${ID}-zik0zk-4/film.mp4`,
  // One byte more than 10,000 parts of 5 MiB.
  `uploads/public/${ID}-${(52_428_800_001).toString(36)}-5/film.mp4`,
  `uploads/public/${ID}-zik0zk-3y9/film.mp4`,
  `uploads/public/${ID.replace('-7', '-4')}-zik0zk-8/film.mp4`,
  `uploads/public/${ID}-zik0zk-8/..`,
  `uploads/public/${ID}-zik0zk-8/a b`,
  `uploads/public/${ID}-zik0zk-8/film.mp4\n`,
  `/public/${ID}-zik0zk-8/film.mp4`,
])('%j is no key of ours', (key) => {
  expect(parseKey(key)).toBeUndefined()
})

describe('a safe file name', () => {
  test.each([
    ['film.mp4', 'film.mp4'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..', 'file'],
    ['.hidden', 'hidden'],
    ['a b+c?d#e%f', 'a_b_c_d_e_f'],
    ['C:\\films\\été.mov', 'C__films_été.mov'],
    ['映画 2026.mkv', '映画_2026.mkv'],
    ['e\u0301.txt', '\u00e9.txt'],
    ['\ud800.txt', '_.txt'],
    ['line\nbreak', 'line_break'],
  ])('of %j is %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  test('that is too long loses its middle, not its extension', () => {
    const safe = safeFileName(`${'映'.repeat(200)}.tar`)
    expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(255)
    expect(safe).toMatch(/^映{83}\.tar$/)
  })

  test('is one segment of at most 255 bytes, whatever the name, and its own safe name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = safeFileName(name)
        expect(safe).not.toMatch(/[/\\\s]|^\.|^$/u)
        expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(255)
        expect(safeFileName(safe)).toBe(safe)
      }),
    )
  })
})

test('a UUID v7 carries its time in front, so that keys sort by it', () => {
  // RFC 9562, appendix A.6
  const random = Uint8Array.of(0xfc, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
  const time = new Date('2022-02-22T19:22:22.000Z')
  expect(uuidV7(time, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  expect(uuidV7(time, random) < uuidV7(new Date(time.getTime() + 1), new Uint8Array(10))).toBe(true)
})
