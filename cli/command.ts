/** A command is data: its help, its parsing and the suggestions for misspelt flags all come from here. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** As the help shows it, such as `FILE…`. */
  readonly operands: string
  readonly flags: Readonly<Record<string, Flag>>
  /** @returns the exit code */
  run(invocation: Invocation): Promise<number>
}

export interface Flag {
  /** What the help calls its value; absent for a switch. */
  readonly value?: string
  readonly short?: string
  readonly summary: string
}

/** A command line that has been understood. */
export interface Invocation {
  readonly command: Command
  readonly operands: readonly string[]
  /** By flag: the text given, or `true` for a switch. */
  readonly flags: Readonly<Record<string, string | true>>
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** The world outside, as a command sees it. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For results. */
  readonly stdout: { write(text: string): unknown }
  /** For everything that a person reads. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
}

/** The person has to write the command differently. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
