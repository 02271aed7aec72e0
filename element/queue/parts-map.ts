import type { PartState } from '../../client/browser/index.ts'
import { PART_MARKS } from '../upload-queue.ts'

const { waiting, moving, retrying, verified, retried } = PART_MARKS
const MARKS = { pending: waiting, sending: moving, waiting: retrying, done: verified }
const ASCII = new TextDecoder()

/** One character a part: written where something happens, and made a string only when somebody looks. */
export function createPartsMap() {
  let marks = new Uint8Array()
  let again = new Set<number>()
  let text: string | undefined

  return {
    begin(count: number): void {
      marks = new Uint8Array(count).fill(waiting.charCodeAt(0))
      again = new Set()
      text = undefined
    },
    set(partNumber: number, state: PartState): void {
      if (state === 'waiting') again.add(partNumber)
      const mark = state === 'done' && again.has(partNumber) ? retried : MARKS[state]
      marks[partNumber - 1] = mark.charCodeAt(0)
      text = undefined
    },
    text(): string {
      text ??= ASCII.decode(marks)
      return text
    },
  }
}
