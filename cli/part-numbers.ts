import { MAX_PARTS } from '../protocol/limits.ts'
import { UsageError } from './command.ts'

/** First and last, of part numbers that follow one another. */
type Range = readonly [from: number, to: number]

/** @param partNumbers in their order @returns such as `1–57 and 60` */
export function partRanges(partNumbers: readonly number[]): string {
  const texts = rangesOf(partNumbers).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`))
  const last = texts.pop()
  if (last === undefined) return 'none'
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`
}

/**
 * As in `1-10,12`.
 * @throws {UsageError}
 */
export function parsePartNumbers(flag: string, text: string): number[] {
  const numbers = text.split(',').flatMap((word) => {
    const [, from, to = from] = /^\s*([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?\s*$/.exec(word) ?? []
    const range: Range = [Number(from), Number(to)]
    if (from === undefined || range[0] > range[1] || range[1] > MAX_PARTS) {
      throw new UsageError(
        `Expected ${flag} such as 1-10,12, with numbers from 1 to ${MAX_PARTS}, got ${JSON.stringify(text)}.`,
      )
    }
    return Array.from({ length: range[1] - range[0] + 1 }, (_, index) => range[0] + index)
  })
  return [...new Set(numbers)].sort((a, b) => a - b)
}

/** Those from 1 to the last that are not among them. */
export function missingParts(partNumbers: readonly number[], last: number): number[] {
  const there = new Set(partNumbers)
  return Array.from({ length: last }, (_, index) => index + 1).filter((number) => !there.has(number))
}

function rangesOf(partNumbers: readonly number[]): Range[] {
  const ranges: [number, number][] = []
  for (const partNumber of partNumbers) {
    const range = ranges.at(-1)
    if (range && range[1] + 1 === partNumber) range[1] = partNumber
    else ranges.push([partNumber, partNumber])
  }
  return ranges
}
