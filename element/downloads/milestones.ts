import type { Entry } from './entries.ts'
import type { RunState } from './run.ts'

/** One that is through in a moment needs no half way. */
const WORTH_HALVING_SECONDS = 10

/** Tells a listener of a download what is worth it, and nothing more: errors speak for themselves, as alerts. */
export function createMilestones(announce: (message: string) => void): (entry: Entry) => void {
  const before = new WeakMap<object, { state: RunState; isBeyondHalf: boolean }>()
  return ({ run, fileName, size }) => {
    if (!run) return
    const { bytesReceived = 0, eta = 0 } = run.snapshot() ?? {}
    const { state } = run
    const isBeyondHalf = size > 0 && bytesReceived >= size / 2
    const known = before.get(run)
    before.set(run, { state, isBeyondHalf })
    if (!known) return
    if (state === known.state) {
      const isWorthIt = isBeyondHalf && !known.isBeyondHalf && eta > WORTH_HALVING_SECONDS
      if (isWorthIt) announce(`The download of ${fileName} is half way.`)
    } else if (state === 'done') announce(`${fileName} is downloaded.`)
    else if (state === 'paused' || state === 'waiting') announce(`The download of ${fileName} is ${state}.`)
    else if (state === 'downloading' && /paused|waiting|stopped/.test(known.state))
      announce(`The download of ${fileName} goes on.`)
  }
}
