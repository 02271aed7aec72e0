const WINDOW_MS = 10_000
const SAMPLE_MS = 250
/** A rate over less than this is noise. */
const SHORTEST_MS = 500

/** Bytes per second over the last ten seconds: smooth enough to read, and zero once nothing has moved for as long. */
export interface Rate {
  /** @param bytes in all so far; fewer than before where a part was lost */
  add(now: number, bytes: number): void
  /** @returns `undefined` until there is enough to measure */
  at(now: number): number | undefined
}

export function createRate(now: number, bytes: number): Rate {
  const samples = [{ time: now, bytes }]
  let latest = bytes

  function oldestWithinWindow(time: number) {
    while (samples[1] && samples[1].time <= time - WINDOW_MS) samples.shift()
    return samples[0]
  }

  return {
    add(time, total) {
      latest = total
      const last = samples.at(-1)
      if (!last || time - last.time >= SAMPLE_MS) samples.push({ time, bytes: total })
      oldestWithinWindow(time)
    },
    at(time) {
      const first = oldestWithinWindow(time)
      if (!first || time - first.time < SHORTEST_MS) return undefined
      const elapsed = Math.min(time - first.time, WINDOW_MS)
      return Math.max(0, ((latest - first.bytes) / elapsed) * 1000)
    },
  }
}

/** @returns seconds; `undefined` where the rate does not say */
export function eta(remaining: number, rate: number | undefined): number | undefined {
  if (remaining === 0) return 0
  return rate ? remaining / rate : undefined
}
