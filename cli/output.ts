import type { Flag, Flags, Terminal } from './command.ts'
import type { EventFields, EventType } from './events.ts'
import { printable } from './format.ts'

/** What every command takes. */
export const OUTPUT_FLAGS = {
  json: { summary: 'One JSON object a line on standard output, for scripts' },
  quiet: { short: 'q', summary: 'Say nothing but errors' },
  verbose: { short: 'v', summary: 'Say more: every file of many, and every retry' },
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
  /** Whether bars or percentages are to be shown. */
  readonly progress: boolean
  /** A line on standard output, such as a key: what a script reads. Not with `--json`, whose events hold the same. */
  result(text: string): void
  /** A line for a person. Not with `--quiet`. */
  note(text: string): void
  /** A line that only `--verbose` shows. */
  detail(text: string): void
  /** What went wrong. Always. */
  error(text: string): void
  /** A line of JSON on standard output, with `--json` alone. Its time of day is added. */
  event<Type extends EventType>(type: Type, fields: EventFields<Type>): void
  /** A line of JSON on standard output, with `--json` alone: for what is listed, and what a script asked for. */
  record(value: object): void
  /** What is drawn at the foot of a terminal from now on makes room for each line. */
  over(foot: Foot | undefined): void
}

export interface Foot {
  /** It is drawn again in its own time. */
  erase(): void
}

export function createOutput({ stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>, flags: Flags): Output {
  const json = flags.json === true
  const quiet = flags.quiet === true
  const verbose = flags.verbose === true
  let foot: Foot | undefined

  function print(stream: { write(text: string): unknown }, text: string): void {
    foot?.erase()
    stream.write(`${text}\n`)
  }

  const say = (text: string) => print(stderr, text.split('\n').map(printable).join('\n'))

  return {
    json,
    quiet,
    verbose,
    progress: !quiet && flags['no-progress'] !== true,
    result: (text) => {
      if (!json) print(stdout, stdout.isTTY ? printable(text) : text)
    },
    note: (text) => {
      if (!quiet) say(text)
    },
    detail: (text) => {
      if (verbose) say(text)
    },
    error: say,
    event: (type, fields) => {
      if (json) print(stdout, JSON.stringify({ type, time: new Date().toISOString(), ...fields }))
    },
    record: (value) => {
      if (json) print(stdout, JSON.stringify(value))
    },
    over: (next) => {
      foot = next
    },
  }
}
