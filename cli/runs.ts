import { stateFolder } from '../client/node/state-folder.ts'
import { wordsAgain } from './again.ts'
import type { Invocation } from './command.ts'
import { explain } from './explain.ts'
import { stringFlag } from './flags.ts'
import { OUTPUT_FLAGS, type Output } from './output.ts'
import type { Place } from './place.ts'
import { forgetfulRunJournal, openRunJournal, type RunJournal, type RunStart } from './run-journal.ts'

/** Flags with which it is the same run still: what it sends and where to does not change. */
const OF_NO_MATTER = [
  ...Object.keys(OUTPUT_FLAGS),
  ...['concurrency', 'bandwidth-limit', 'max-memory', 'part-size', 'force', 'search', 'restart'],
  ...['api', 'endpoint-url', 'region', 'profile', 'path-style'],
]

/** A command that may take several goes. */
export interface Run {
  readonly journal: RunJournal
  /** Of the command that goes on with it. */
  readonly words: readonly string[]
}

/** @returns `undefined` where another process is at the same command: that was said */
export async function openRun(
  invocation: Invocation,
  command: RunStart['command'],
  place: Place,
): Promise<Run | undefined> {
  const { operands, given, flags, output } = invocation
  const cwd = process.cwd()
  const words = wordsAgain(invocation, place)
  const lasting = given.filter(([name]) => !OF_NO_MATTER.includes(name))
  const identity = [command, cwd, place, operands, lasting]
  const start = { command, operands, words, cwd, begun: new Date().toISOString() }
  try {
    const journal = await openRunJournal(stateOf(invocation), identity, start, flags.restart === true)
    if (!journal) {
      output.error(
        'Expected no other process at this very command, found one. Let that go on, or end it first: nothing is sent twice.',
      )
      return undefined
    }
    if (journal.damage !== undefined) {
      output.error(`What was done before is not known, all of it is done anew: ${journal.damage}.`)
    }
    return { journal: tolerant(journal, output), words }
  } catch (error) {
    output.note(forgotten(error))
    return { journal: forgetfulRunJournal(), words }
  }
}

/** What cannot be remembered is done all the same: that is told once. */
function tolerant(journal: RunJournal, output: Output): RunJournal {
  let isTold = false
  const tell = (error: unknown) => {
    if (!isTold) output.note(forgotten(error))
    isTold = true
  }
  return {
    ...journal,
    add: (entry) => journal.add(entry).catch(tell),
    finish: () => journal.finish().catch(tell),
    close: () => journal.close().catch(tell),
  }
}

function forgotten(error: unknown): string {
  return `What is done cannot be remembered, a kill would cost it: ${explain(error)} (--journal names another folder for it.)`
}

/** The folder that remembers what is unfinished. */
export function stateOf({ flags, terminal }: Pick<Invocation, 'flags' | 'terminal'>): string {
  return stringFlag(flags.journal) ?? stateFolder(terminal.environment)
}
