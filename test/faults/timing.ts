import type { Timing } from '../../client/timing.ts'

/** The engine's own, a hundred times shorter. */
export const TIMING: Timing = {
  stallMs: 400,
  answerMs: 800,
  wokenMs: 100,
  apiAnswerMs: 800,
  retryBaseMs: 4,
  retryCapMs: 60,
  patienceMs: 2500,
  longestCompleteMs: 1500,
}
