import type { PartState } from '../../client/browser/index.ts'
import { PART_MARKS } from '../upload-queue.ts'

const { waiting, moving, retrying, verified, retried } = PART_MARKS
const MARKS = { pending: waiting, sending: moving, waiting: retrying, done: verified }
const ASCII = new TextDecoder()

/** One character a part, written where something happens and made a string only when somebody looks. */
export class PartsMap {
  #marks = new Uint8Array()
  #retried = new Set<number>()
  #text: string | undefined = ''

  begin(count: number): void {
    this.#marks = new Uint8Array(count).fill(waiting.charCodeAt(0))
    this.#retried = new Set()
    this.#text = undefined
  }

  set(partNumber: number, state: PartState): void {
    if (state === 'waiting') this.#retried.add(partNumber)
    const mark = state === 'done' && this.#retried.has(partNumber) ? retried : MARKS[state]
    this.#marks[partNumber - 1] = mark.charCodeAt(0)
    this.#text = undefined
  }

  get text(): string {
    this.#text ??= ASCII.decode(this.#marks)
    return this.#text
  }
}
