import { systemClock } from '../clock.ts'
import type { Wakes } from '../ports.ts'
import { clockJumps } from '../wakes.ts'

/** Node knows nothing of the network: that the machine has slept, or the process was stopped, is all that shows. */
export const nodeWakes: Wakes = clockJumps(systemClock)
