import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GIB, MAX_OBJECT_BYTES, MAX_PARTS, MIB, MIN_PART_BYTES } from '../../protocol/limits.ts'
import { partRange, planParts } from '../../protocol/part-plan.ts'
import { ProblemError } from '../../protocol/problems.ts'

const sizes = fc.oneof(
  fc.integer({ min: 0, max: MAX_OBJECT_BYTES }),
  fc.integer({ min: 0, max: 100 * MIB }),
  fc.integer({ min: -2, max: 2 }).map((offset) => 10_000 * 8 * MIB + offset),
)

describe('a plan without a part size', () => {
  test.each([
    [0, 8 * MIB, 1],
    [1, 8 * MIB, 1],
    [8 * MIB - 1, 8 * MIB, 1],
    [8 * MIB, 8 * MIB, 1],
    [8 * MIB + 1, 8 * MIB, 2],
    [83_886_080_000, 8 * MIB, 10_000],
    [83_886_080_001, 9 * MIB, 8889],
    [5 * 1024 * GIB, 525 * MIB, 9987],
    [53_687_091_200_000, 5 * GIB, 10_000],
  ])('of %i bytes has parts of %i, %i of them', (size, partSize, partCount) => {
    expect(planParts(size)).toEqual({ size, partSize, partCount })
  })

  test('is the smallest whole number of MiB from 8 that keeps to 10,000 parts', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { partSize, partCount } = planParts(size)
        expect(partSize % MIB).toBe(0)
        expect(partCount).toBeLessThanOrEqual(MAX_PARTS)
        expect(partSize === 8 * MIB || size > MAX_PARTS * (partSize - MIB)).toBe(true)
      }),
    )
  })
})

describe('a plan with a part size', () => {
  test('keeps it, down to 5 MiB', () => {
    expect(planParts(12 * MIB, 5 * MIB)).toEqual({ size: 12 * MIB, partSize: 5 * MIB, partCount: 3 })
  })

  test.each([0, MIN_PART_BYTES - 1, 4 * MIB, 5 * MIB + 1, 5.5, -8 * MIB, 5 * GIB + MIB, Number.NaN])(
    'of %d is refused, and the limits named',
    (partSize) => {
      expect(problemOf(() => planParts(100 * MIB, partSize))).toMatchObject({
        type: 'invalid-request',
        message: expect.stringContaining('5 MiB (5242880) to 5 GiB (5368709120)'),
      })
    },
  )

  test('that needs more than 10,000 parts is refused, with the smallest that does not', () => {
    expect(problemOf(() => planParts(83_886_080_001, 8 * MIB))).toMatchObject({
      type: 'too-many-parts',
      members: { smallestPartSize: 9 * MIB },
    })
  })
})

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('a size of %d is no size', (size) => {
  expect(problemOf(() => planParts(size)).type).toBe('invalid-request')
})

test('one byte more than 10,000 parts of 5 GiB is too large', () => {
  expect(problemOf(() => planParts(53_687_091_200_001))).toMatchObject({ type: 'too-large', status: 413 })
})

test('the parts of a plan cover the object once, in order, each but the last of the part size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 400 * MIB }),
      fc.integer({ min: 5, max: 40 }),
      (size, mebibytes) => {
        const plan = planParts(size, mebibytes * MIB)
        let next = 0
        for (let partNumber = 1; partNumber <= plan.partCount; partNumber++) {
          const range = partRange(plan, partNumber)
          expect(range.start).toBe(next)
          expect(range.size).toBe(range.end - range.start)
          if (partNumber < plan.partCount) expect(range.size).toBe(plan.partSize)
          next = range.end
        }
        expect(next).toBe(size)
      },
    ),
  )
})

test.each([0, 3, 1.5, Number.NaN])('part %d of 2 lies outside the plan', (partNumber) => {
  expect(() => partRange(planParts(16 * MIB), partNumber)).toThrow('from 1 to 2')
})

function problemOf(run: () => unknown): ProblemError {
  try {
    run()
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
  throw new Error('Expected a problem, got none.')
}
