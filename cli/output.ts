import type { Flag, Flags, Terminal } from './command.ts'

/** What every command takes. */
export const OUTPUT_FLAGS = {
  json: { summary: 'One JSON object a line on standard output, for scripts (docs/cli.md has the events)' },
  quiet: { short: 'q', summary: 'Say nothing but errors' },
  verbose: { short: 'v', summary: 'Say more: every retry, and what is decided' },
  'no-progress': { summary: 'No bars and no percentages' },
  journal: {
    value: 'DIR',
    summary: 'Where unfinished work is remembered (PARTWAY_STATE, ~/.local/state/partway)',
  },
} as const satisfies Record<string, Flag>

/** Where a command says what it does. Results go to standard output, what a person reads goes to standard error. */
export interface Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** A line on standard output, such as a key: what a script reads. Not with `--json`, whose events hold the same. */
  result(text: string): void
  /** A line for a person. Not with `--quiet`. */
  note(text: string): void
  /** A line that only `--verbose` shows. */
  detail(text: string): void
  /** What went wrong. Always. */
  error(text: string): void
  /** A line of JSON on standard output, with `--json` alone. */
  event(event: OutputEvent): void
}

/** `type` says which; the rest is numbers, texts and what holds them. */
export interface OutputEvent {
  readonly type: string
  readonly [field: string]: unknown
}

export function createOutput({ stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>, flags: Flags): Output {
  const json = flags.json === true
  const quiet = flags.quiet === true
  const verbose = flags.verbose === true
  const say = (text: string) => stderr.write(`${text}\n`)
  return {
    json,
    quiet,
    verbose,
    result: (text) => void (json || stdout.write(`${text}\n`)),
    note: (text) => void (quiet || say(text)),
    detail: (text) => void (verbose && say(text)),
    error: (text) => void say(text),
    event: (event) => void (json && stdout.write(`${JSON.stringify(event)}\n`)),
  }
}
