import type { Readable, Writable } from 'node:stream'
import type { Output } from './output.ts'

/**
 * A command is data: its help, its page in docs/cli.md, its parsing and the suggestions for misspelt flags all come from here. What it
 * does is loaded when it is asked for, so that the help is there at once.
 */
export interface Command {
  readonly name: string
  readonly group: Group
  /** One sentence, for the list of commands. */
  readonly summary: string
  /** As the help shows it, such as `FILE…`. */
  readonly operands: string
  /** What the summary has no room for, a paragraph each. */
  readonly description?: readonly string[]
  readonly examples?: readonly Example[]
  /** Those that every command has are left out: see OUTPUT_FLAGS. */
  readonly flags: Readonly<Record<string, Flag>>
  load(): Promise<Implementation>
}

/** In the order of the help. */
export const GROUPS = {
  transfer: 'Files, there and back',
  unfinished: 'What is unfinished',
  setup: 'Setting up',
  plumbing: 'For scripts: one S3 operation each, JSON out',
} as const

export type Group = keyof typeof GROUPS

export interface Example {
  readonly summary: string
  /** Without the program's name. */
  readonly arguments: string
}

export interface Implementation {
  /**
   * @returns the exit code
   * @throws {UsageError}
   */
  run(invocation: Invocation): Promise<number>
}

/** In the order of the help; a flag without one stands before them. */
export const FLAG_GROUPS = {
  files: 'Which files',
  object: 'What the object has',
  going: 'Going on',
  place: 'Where to and who asks',
  traffic: 'How fast',
} as const

export interface Flag {
  /** Under which title the help has it. */
  readonly group?: keyof typeof FLAG_GROUPS
  /** What the help calls its value; absent for a switch. */
  readonly value?: string
  readonly short?: string
  readonly summary: string
  /** Where it has a meaning; elsewhere it is refused. @default both */
  readonly only?: PlaceKind
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean
}

/** Through a Partway API, or straight to S3. */
export type PlaceKind = 'api' | 's3'

/** A command line that has been understood. */
export interface Invocation {
  readonly command: Command
  readonly operands: readonly string[]
  readonly flags: Flags
  /** The same in the order of the command line: of flags that are repeatable, their order among each other can matter. */
  readonly given: readonly GivenFlag[]
  readonly terminal: Terminal
  readonly output: Output
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** By flag: the text given, `true` for a switch, all texts in their order for one that is repeatable. */
export type Flags = Readonly<Record<string, string | true | readonly string[]>>

export type GivenFlag = readonly [name: string, value: string | true]

/** The world outside, as a command sees it. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** For results. */
  readonly stdout: Writable & { readonly isTTY?: boolean }
  /** For everything that a person reads. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
}

/** The person has to write the command differently. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
