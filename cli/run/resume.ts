import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { commandLine } from '../again.ts'
import { type Command, type Invocation, UsageError } from '../command.ts'
import { download } from '../commands/download.ts'
import { upload } from '../commands/upload.ts'
import { EXIT } from '../exit-codes.ts'
import { createOutput } from '../output.ts'
import { parse } from '../parse.ts'
import { forgetRun, type PastRun, pastRuns } from '../past-runs.ts'
import { isS3Uri } from '../place.ts'
import { stateOf } from '../runs.ts'
import { worst } from '../sweep.ts'
import { goneOf, listRuns } from './resume-list.ts'

const RESUMABLE: readonly Command[] = [upload, download]

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags } = invocation
  const runs = await pastRuns(resolve(stateOf(invocation)))
  const all = flags.all === true
  if (all && operands.length > 0)
    throw new UsageError(`Expected --all or some, got --all and ${operands.join(' ')}.`)
  if (flags.forget === true) {
    if (!all && operands.length === 0)
      throw new UsageError('Expected which to forget, got none. Name it, or give --all.')
    return forget(all ? runs : chosen(runs, operands), invocation)
  }
  if (all || operands.length > 0) return goOn(all ? runs : chosen(runs, operands), invocation)
  listRuns(runs, invocation)
  return goOn(await ask(runs, invocation), invocation)
}

/** @throws {UsageError} for what names no run */
function chosen(runs: readonly PastRun[], operands: readonly string[]): PastRun[] {
  const found = operands.flatMap((operand) => {
    const meant = /^\d+$/.test(operand) ? runs.slice(Number(operand) - 1, Number(operand)) : []
    const named = meant.length > 0 ? meant : runs.filter((run) => names(run, operand))
    if (named.length > 0) return named
    throw new UsageError(
      `Expected what can go on, such as 1, got ${JSON.stringify(operand)}. partway resume lists what there is.`,
    )
  })
  return [...new Set(found)]
}

function names({ operands, cwd }: PastRun, text: string): boolean {
  return operands.some(
    (operand) => operand === text || (!isS3Uri(operand) && resolve(cwd, operand) === resolve(text)),
  )
}

/** Without a terminal, nobody answers. */
async function ask(runs: readonly PastRun[], { terminal, output, signal }: Invocation): Promise<PastRun[]> {
  const { stdin, stderr } = terminal
  if (runs.length === 0 || output.json || !stdin.isTTY || !stderr.isTTY) return []
  const choices = ['all', ...runs.map((_, index) => String(index + 1)), 'none']
  const lines = createInterface({ input: stdin })
  const ended = once(lines, 'close').then(() => ['none'])
  try {
    for (;;) {
      stderr.write(`Go on with which? [${choices.join('/')}] `)
      const [answer] = await Promise.race([once(lines, 'line', { signal }), ended])
      const words = String(answer)
        .split(/[\s,]+/)
        .filter(Boolean)
      if (words.length === 0 || words.includes('none')) return []
      if (words.includes('all')) return [...runs]
      if (words.every((word) => choices.includes(word))) return chosen(runs, words)
    }
  } catch (error) {
    if (signal.aborted) return []
    throw error
  } finally {
    lines.close()
  }
}

async function forget(runs: readonly PastRun[], invocation: Invocation): Promise<number> {
  const { output, terminal } = invocation
  const codes = new Set<number>()
  for (const { id, words } of runs) {
    if (await forgetRun(resolve(stateOf(invocation)), id))
      output.note(`Forgotten: ${commandLine(words, terminal)}`)
    else {
      codes.add(EXIT.failed)
      output.error(`Expected no process at it, found one: ${commandLine(words, terminal)}. End it first.`)
    }
  }
  return worst(codes)
}

/** One after another: each has all the lanes. */
async function goOn(runs: readonly PastRun[], invocation: Invocation): Promise<number> {
  const { flags, terminal, signal, output } = invocation
  const here = process.cwd()
  const journal = resolve(stateOf(invocation))
  const all = await pastRuns(journal)
  const codes = new Set<number>()
  for (const run of runs) {
    if (signal.aborted) codes.add(EXIT.interrupted)
    if (signal.aborted) break
    const gone = goneOf(run)
    if (gone !== undefined) {
      const number = all.findIndex(({ id }) => id === run.id) + 1
      output.error(
        `Expected ${gone} in ${run.cwd}, found none. Put it back, or partway resume --forget ${number}.`,
      )
      codes.add(EXIT.failed)
      continue
    }
    output.note(commandLine(run.words, terminal))
    const { command, ...understood } = parse(run.words, RESUMABLE)
    const given = { ...understood.flags, ...flags, journal }
    const { run: begin } = await command.load()
    process.chdir(run.cwd)
    try {
      const own = { ...understood, flags: given, terminal, signal, output: createOutput(terminal, given) }
      codes.add(await begin({ command, ...own }))
    } finally {
      process.chdir(here)
    }
  }
  codes.delete(EXIT.done)
  return worst(codes)
}
