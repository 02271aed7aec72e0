import type { AnswerHead } from './answer-head.ts'
import { BLOCK_BYTES, type Blocks } from './blocks.ts'
import { type Answer, Wire } from './wire.ts'

/** What a GET asks for, and where its body goes. */
export interface Wanted {
  readonly headers: Readonly<Record<string, string>>
  readonly blocks: Blocks
  /** The body is told in pieces of so many bytes. @default a block */
  readonly pieceBytes?: number | undefined
  readonly signal: AbortSignal
}

/** What came of it. */
export interface Got extends AnswerHead {
  readonly body: Answer['body']
  /** Nothing is read of it any more; where all was, its connection takes another. */
  close(): void
}

/** Connections that GETs use one after the other; there are as many as there are at once. */
export class Wires {
  /** By origin; the last one is the warmest. */
  readonly #idle = new Map<string, Wire[]>()
  #closed = false

  /** @throws what broke the connection; `TypeError` for headers that could not be sent */
  async get(address: string, { headers, blocks, pieceBytes = BLOCK_BYTES, signal }: Wanted): Promise<Got> {
    const url = new URL(address)
    const request = requestOf(url, headers)
    for (;;) {
      signal.throwIfAborted()
      const idle = this.#idleOf(url.origin)
      const used = idle.pop()
      if (used?.closed) continue
      const wire: Wire = used ?? new Wire(url, () => this.#forget(url.origin, wire))
      const onAbort = () => wire.destroy()
      signal.addEventListener('abort', onAbort, { once: true })
      const release = () => signal.removeEventListener('abort', onAbort)
      try {
        const { head, body } = await wire.ask(request, { blocks, pieceBytes })
        const close = () => {
          release()
          const isFree = body.complete && head.keepsAlive && !wire.closed && !this.#closed
          if (!isFree) return wire.destroy()
          wire.rest()
          idle.push(wire)
        }
        return { ...head, body, close }
      } catch (error) {
        release()
        wire.destroy()
        // The store may have closed it for its age just as it was asked.
        if (used && !wire.answering && !signal.aborted) continue
        throw error
      }
    }
  }

  /** Closes those that are idle, and each of the others when it is. */
  close(): void {
    this.#closed = true
    for (const wire of [...this.#idle.values()].flat()) wire.destroy()
  }

  #idleOf(origin: string): Wire[] {
    const idle = this.#idle.get(origin) ?? []
    this.#idle.set(origin, idle)
    return idle
  }

  #forget(origin: string, wire: Wire): void {
    const idle = this.#idleOf(origin)
    const at = idle.indexOf(wire)
    if (at >= 0) idle.splice(at, 1)
  }
}

function requestOf({ host, pathname, search }: URL, headers: Readonly<Record<string, string>>): string {
  const all = Object.entries({ host, ...headers, connection: 'keep-alive' })
  for (const [name, value] of all) requireOneLine(name, value)
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** @throws {TypeError} */
function requireOneLine(name: string, value: string): void {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return
  throw new TypeError(`Expected a header ${name} of one line, got ${JSON.stringify(value)}.`)
}
