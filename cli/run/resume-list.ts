import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { commandLine } from '../again.ts'
import { formatAge } from '../age.ts'
import type { Invocation } from '../command.ts'
import { formatBytes, shellQuote } from '../format.ts'
import type { PastRun } from '../past-runs.ts'
import { isS3Uri } from '../place.ts'

/** Says how far each is, and the command that goes on with it. */
export function listRuns(runs: readonly PastRun[], { output, terminal }: Invocation): void {
  if (runs.length === 0) output.note('Nothing is unfinished.')
  for (const [index, run] of runs.entries()) {
    const number = index + 1
    const { words, cwd, begun, touched, files, filesDone, bytes, bytesDone, running } = run
    output.record({
      ...{ number, command: words, cwd, begun, touched: touched.toISOString() },
      ...{ files, filesDone, bytes, bytesDone, running, gone: goneOf(run) },
    })
    const where = cwd === process.cwd() ? '' : `cd ${shellQuote(cwd)} && `
    output.result(`${number}  ${standingOf(run)}`)
    output.result(`   ${where}${commandLine(words, terminal)}`)
  }
}

function standingOf(run: PastRun): string {
  const { files, filesDone, bytes, bytesDone, touched, running } = run
  const gone = goneOf(run)
  const total = files === undefined ? '' : files === 1 ? ' of 1 file' : ` of ${files} files`
  const size = bytes ? ` of ${formatBytes(bytes)}` : ''
  return [
    `${filesDone}${total || ' files'}, ${formatBytes(bytesDone)}${size}`,
    `${formatAge(Date.now() - touched.getTime())} ago`,
    ...(running ? ['under way in another process'] : []),
    ...(gone === undefined ? [] : [`${gone} is gone`]),
  ].join(', ')
}

/** What it was of, where that is not there any more. */
export function goneOf({ command, operands, cwd }: PastRun): string | undefined {
  if (!existsSync(cwd)) return cwd
  const files = command === 'upload' ? operands.filter((operand) => !isS3Uri(operand)) : []
  const isGone =
    files.length > 0 && files.every((file) => !/[*?[{]/.test(file) && !existsSync(resolve(cwd, file)))
  return isGone ? files.join(' ') : undefined
}
