import { parseAge } from '../age.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { stringFlag } from '../flags.ts'
import { formatBytes } from '../format.ts'
import { inLanes } from '../lanes.ts'
import type { BegunUpload, Operations } from '../operations.ts'
import { placeOf } from '../place.ts'
import { Table } from '../table.ts'
import { type Unfinished, unfinishedColumns, unfinishedFields } from '../unfinished.ts'
import { withOperations } from '../with-operations.ts'
import { prefixOf } from './list.ts'

const DEFAULT_AGE = '7d'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, operands, output, terminal } = invocation
  const age = stringFlag(flags['older-than']) ?? DEFAULT_AGE
  const ageMs = parseAge('--older-than', age)
  const prefix = prefixOf(invocation)
  return withOperations(invocation, placeOf(invocation, operands), async (operations) => {
    const now = operations.now()
    const table = new Table(unfinishedColumns(now, operands.length > 0), terminal.stdout, output.result)
    const before = new Date(now.getTime() - ageMs)
    const yes = flags.yes === true
    let uploads = 0
    let bytes = 0
    for await (const upload of swept(invocation, operations, prefix, before, yes)) {
      if (!upload) continue
      uploads++
      bytes += upload.bytes
      output.record({ type: yes ? 'aborted' : 'would-abort', ...unfinishedFields(upload) })
      table.add(upload)
    }
    table.end()
    output.record({ type: 'cleaned', dryRun: !yes, uploads, bytes })
    output.note(summary(uploads, bytes, age, yes))
    return EXIT.done
  })
}

/** Those that were begun before, in their order; aborted by then, where that is wanted. */
function swept(
  { signal }: Invocation,
  operations: Operations,
  prefix: string,
  before: Date,
  yes: boolean,
): AsyncGenerator<Unfinished | undefined> {
  return inLanes(olderThan(operations.uploads(prefix, signal), before), async (upload) => {
    const held = await operations.held(upload, signal)
    if (held && yes) await operations.abort(upload, signal)
    return held && { ...upload, ...held }
  })
}

async function* olderThan(uploads: AsyncIterable<BegunUpload>, before: Date): AsyncGenerator<BegunUpload> {
  for await (const upload of uploads) {
    if (Date.parse(upload.initiated) <= before.getTime()) yield upload
  }
}

function summary(uploads: number, bytes: number, age: string, yes: boolean): string {
  if (uploads === 0) return `No unfinished uploads older than ${age}.`
  const what = `${uploads} ${uploads === 1 ? 'upload' : 'uploads'}`
  return yes
    ? `${what} aborted, ${formatBytes(bytes)} freed.`
    : `${what} older than ${age}, ${formatBytes(bytes)} to be freed. Nothing is changed; --yes aborts them.`
}
