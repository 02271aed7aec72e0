import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  count,
  formatBytes,
  formatDuration,
  formatRate,
  inDigits,
  joined,
  percentOf,
} from '../../element/format.ts'

describe('bytes', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_995, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [8_388_608, '8.39 MB'],
    [2_147_483_648, '2.15 GB'],
    [53_687_091_200_000, '53.7 TB'],
    [1e16, '10000 TB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  test('a number never has more than three digits below a thousand terabytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999e12 }), (bytes) => {
        const digits = formatBytes(bytes).replace(/\D/g, '')
        return digits.length <= 3
      }),
    )
  })

  test('a rate is bytes a second, rounded down', () => {
    expect(formatRate(0.9)).toBe('0 bytes/s')
    expect(formatRate(1.9)).toBe('1 byte/s')
    expect(formatRate(24_100_000)).toBe('24.1 MB/s')
  })
})

describe('time left', () => {
  test.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [59, '59 s'],
    [59.5, '1 min'],
    [78, '1 min 20 s'],
    [599, '10 min'],
    [14 * 60 + 40, '15 min'],
    [3569, '59 min'],
    [3571, '1 h'],
    [2 * 3600 + 5 * 60, '2 h 5 min'],
    [86_399, '1 d'],
    [3 * 86_400 + 4 * 3600, '3 d 4 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })
})

test('100 percent is said only of what is done', () => {
  expect(percentOf(0, 10, false)).toBe(0)
  expect(percentOf(999_999, 1_000_000, false)).toBe(99)
  expect(percentOf(10, 10, false)).toBe(99)
  expect(percentOf(10, 10, true)).toBe(100)
  expect(percentOf(0, 0, false)).toBe(0)
  expect(percentOf(0, 0, true)).toBe(100)
})

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [10_000, '10,000'],
  [1_234_567, '1,234,567'],
])('a whole number has commas between its thousands: %i', (number, text) => {
  expect(inDigits(number)).toBe(text)
})

test('a count agrees with its noun', () => {
  expect(count(0, 'file')).toBe('0 files')
  expect(count(1, 'file')).toBe('1 file')
  expect(count(10_000, 'part')).toBe('10,000 parts')
})

test('a line of facts breaks only between them, and never before a dot', () => {
  expect(joined(['45 %', '1 GB of 2 GB']).split(' ')).toEqual([
    '45\u00a0%\u00a0·',
    '1\u00a0GB\u00a0of\u00a02\u00a0GB',
  ])
})
