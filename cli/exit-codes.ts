/** What a script can go by. 75 is EX_TEMPFAIL of sysexits.h. */
export const EXIT = { done: 0, failed: 1, usage: 2, resumable: 75, interrupted: 130 } as const

/** For the help, in the same order. */
export const EXIT_MEANINGS: readonly [number, string][] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed for good'],
  [EXIT.usage, 'the command is not understood'],
  [EXIT.resumable, 'failed for now: the same command goes on where this one stopped'],
  [EXIT.interrupted, 'interrupted, by Ctrl-C or a signal: as 75'],
]
