import type { Clock } from '../../client/ports.ts'

/** Time that passes only when nothing else happens: whatever waits the least goes first. */
export class VirtualClock implements Clock {
  #now = 0
  #pumping = false
  readonly #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback }
    this.#timers.add(timer)
    this.#pump()
    return () => this.#timers.delete(timer)
  }

  /** The machine sleeps: timers stand still meanwhile. */
  jump(milliseconds: number): void {
    this.#now += milliseconds
    for (const timer of this.#timers) timer.at += milliseconds
  }

  #pump(): void {
    if (this.#pumping || this.#timers.size === 0) return
    this.#pumping = true
    afterMicrotasks(() => {
      this.#pumping = false
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0]
      if (next) {
        this.#timers.delete(next)
        this.#now = Math.max(this.#now, next.at)
        next.callback()
      }
      this.#pump()
    })
  }
}

/** Unlike setTimeout, without the 4 ms that browsers wait. */
function afterMicrotasks(callback: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    callback()
  }
  port2.postMessage(null)
}
