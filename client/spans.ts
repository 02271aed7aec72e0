import { combineCrc } from '../checksums/combine.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { type PartPlan, partRange } from '../protocol/part-plan.ts'

/** Bytes of an object in a row. Offsets in bytes, `end` after the last. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Of these bytes; absent where the object has no checksum to compare with. */
  readonly crc?: Uint8Array | undefined
}

/** What is there of an object. Spans that meet become one, with the CRC of both, so that there are never many. */
export class Spans {
  readonly algorithm: CrcAlgorithm | undefined
  /** In order; no two of them meet. */
  readonly #spans: Span[] = []
  #bytes = 0

  constructor(algorithm: CrcAlgorithm | undefined) {
    this.algorithm = algorithm
  }

  /** In order; no two of them meet. */
  [Symbol.iterator](): IterableIterator<Span> {
    return this.#spans.values()
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws {RangeError} where some of it is there already: its CRC could not be combined */
  add(span: Span): void {
    const at = this.#indexAfter(span.start)
    const [before, after] = [this.#spans[at - 1], this.#spans[at]]
    if (span.end <= span.start || (before && before.end > span.start) || (after && after.start < span.end)) {
      throw new RangeError(`Expected bytes that are not there yet, got ${span.start} to ${span.end}.`)
    }
    this.#bytes += span.end - span.start
    const first = before?.end === span.start ? before : undefined
    const last = after?.start === span.end ? after : undefined
    const met = [first, span, last].filter((piece) => piece !== undefined)
    this.#spans.splice(
      at - (first ? 1 : 0),
      met.length - 1,
      met.reduce((a, b) => joinSpans(this.algorithm, a, b)),
    )
  }

  /** Whether all bytes from `start` to before `end` are there. */
  has(start: number, end: number): boolean {
    const span = this.#spans[this.#indexAfter(start) - 1]
    return start === end || (span !== undefined && span.end >= end)
  }

  /** What is not there yet, in order, in pieces that end where parts do. */
  *missing(plan: PartPlan): Generator<Span> {
    let at = 0
    for (const { start, end } of [...this.#spans, { start: plan.size, end: plan.size }]) {
      while (at < start) {
        const part = partRange(plan, Math.floor(at / plan.partSize) + 1)
        const piece = { start: at, end: Math.min(part.end, start) }
        yield piece
        at = piece.end
      }
      at = end
    }
  }

  /** Of the whole object; `undefined` where it is not all there, or empty. */
  crc(size: number): Uint8Array | undefined {
    return this.has(0, size) ? this.#spans[0]?.crc : undefined
  }

  /** @returns the index of the first span that starts after `position` */
  #indexAfter(position: number): number {
    let [low, high] = [0, this.#spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#spans[middle]?.start ?? 0) <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** @param second begins where the first ends */
export function joinSpans(algorithm: CrcAlgorithm | undefined, first: Span, second: Span): Span {
  const crc =
    algorithm && first.crc && second.crc
      ? combineCrc(algorithm, first.crc, second.crc, second.end - second.start)
      : undefined
  return { start: first.start, end: second.end, crc }
}
