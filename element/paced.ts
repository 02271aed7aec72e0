const PACE_MS = 100
const HIDDEN_MS = 1_000

/**
 * Draws in one frame what changed since the last, and at most ten times a second: progress events come far more often than
 * anyone can read. A hidden tab has no frames, and its title still has to move.
 */
export function paced(draw: () => void): () => void {
  let asked = false
  let last = Number.NEGATIVE_INFINITY
  return () => {
    if (asked) return
    asked = true
    setTimeout(
      () => {
        const run = () => {
          cancelAnimationFrame(frame)
          clearTimeout(timer)
          asked = false
          last = performance.now()
          draw()
        }
        const frame = requestAnimationFrame(run)
        const timer = setTimeout(run, HIDDEN_MS)
      },
      Math.max(0, last + PACE_MS - performance.now()),
    )
  }
}
