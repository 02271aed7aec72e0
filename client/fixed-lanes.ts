import type { Lane, Lanes } from './ports.ts'

/**
 * So many at a time, whatever the link does. First come, first served.
 * @throws {RangeError} where that is not a whole number of at least 1: nothing would ever be done
 */
export function fixedLanes(max: number): Lanes {
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`Expected a concurrency of 1, 2, 3 …, got ${max}.`)
  }
  const queue = new Set<() => void>()
  let free = max

  function lane(): Lane {
    let held = true
    return {
      moved() {},
      struggled() {},
      lost() {},
      again: async () => {},
      kept() {},
      release() {
        if (!held) return
        held = false
        const [next] = queue
        if (!next) {
          free++
          return
        }
        queue.delete(next)
        next()
      },
    }
  }

  return {
    max,
    get inUse() {
      return max - free
    },
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        if (free > 0) {
          free--
          resolve(lane())
          return
        }
        const onAbort = () => {
          queue.delete(next)
          reject(signal.reason)
        }
        const next = () => {
          signal.removeEventListener('abort', onAbort)
          resolve(lane())
        }
        queue.add(next)
        signal.addEventListener('abort', onAbort, { once: true })
      }),
  }
}
