import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { Spans } from '../../client/spans.ts'
import { plan } from '../../protocol/part-plan.ts'

const bytes = Uint8Array.from({ length: 100 }, (_, at) => (at * 37) % 251)

function spanOf(start: number, end: number) {
  return { start, end, crc: createCrc('CRC64NVME').update(bytes.subarray(start, end)).digest() }
}

describe('what is there of an object', () => {
  test('is one span with the CRC of all, in whatever order the pieces came', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 12 })
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), (cuts, random) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 100]
        const pieces = edges.slice(1).map((end, at) => spanOf(edges[at] ?? 0, end))
        const shuffled = pieces
          .map((piece) => ({ piece, order: random.next().value }))
          .sort((a, b) => a.order - b.order)
        const spans = new Spans('CRC64NVME')
        for (const { piece } of shuffled) {
          expect(spans.crc(100)).toBeUndefined()
          spans.add(piece)
        }
        expect(spans.bytes).toBe(100)
        expect([...spans.missing(plan(100, 7))]).toEqual([])
        expect(spans.crc(100)).toEqual(spanOf(0, 100).crc)
      }),
    )
  })

  test('and what is missing are all of the object, in pieces that end where parts do', () => {
    const spans = new Spans(undefined)
    for (const [start, end] of [
      [40, 45],
      [0, 3],
      [95, 100],
    ] as const) {
      spans.add({ start, end })
    }
    expect([...spans.missing(plan(100, 20))]).toEqual([
      { start: 3, end: 20 },
      { start: 20, end: 40 },
      { start: 45, end: 60 },
      { start: 60, end: 80 },
      { start: 80, end: 95 },
    ])
    expect(spans.has(40, 45)).toBe(true)
    expect(spans.has(39, 45)).toBe(false)
    expect(spans.has(40, 46)).toBe(false)
  })

  test('of an empty object is all, with nothing missing', () => {
    const spans = new Spans('CRC32')
    expect([...spans.missing(plan(0, 20))]).toEqual([])
    expect(spans.has(0, 0)).toBe(true)
  })

  test.each([
    [0, 5],
    [9, 11],
    [12, 15],
    [19, 30],
    [5, 30],
    [15, 15],
  ])('%i to %i beside 10 to 20 is taken once', (start, end) => {
    const spans = new Spans(undefined)
    spans.add({ start: 10, end: 20 })
    const add = () => spans.add({ start, end })
    if (end <= 10) expect(add).not.toThrow()
    else expect(add).toThrow(RangeError)
  })
})
