/** What people type who come from other tools, and what it is here. */
const HABITS: Readonly<Record<string, string>> = {
  cp: 'That is upload or download here.',
  sync: 'That is upload or download here: what is done and unchanged is skipped when the same command goes on.',
  put: 'Did you mean upload?',
  get: 'Did you mean download?',
  ls: 'Did you mean list? With --finished it lists objects, without it unfinished uploads.',
  '--recursive': 'Leave it out: a folder goes with all that is in it.',
  '--only-show-errors': 'Did you mean --quiet?',
  '--debug': 'Did you mean --verbose?',
  '--resume': 'Leave it out: the same command goes on by itself.',
  '--continue': 'Leave it out: the same command goes on by itself.',
  '--overwrite': 'Did you mean --force?',
}

/** @returns a sentence */
export function habit(typed: string): string | undefined {
  return Object.hasOwn(HABITS, typed) ? HABITS[typed] : undefined
}
