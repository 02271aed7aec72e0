import type { ListedObject } from '../../client/control-plane.ts'
import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { formatBytes } from '../format.ts'
import { inLanes } from '../lanes.ts'
import type { Operations } from '../operations.ts'
import { parseS3Uri, placeOf } from '../place.ts'
import { type Column, Table } from '../table.ts'
import { unfinishedColumns, unfinishedFields } from '../unfinished.ts'
import { withOperations } from '../with-operations.ts'

const OBJECT_COLUMNS: readonly Column<ListedObject>[] = [
  { title: 'KEY', cell: ({ key }) => key, elastic: true },
  { title: 'SIZE', cell: ({ size }) => formatBytes(size), field: ({ size }) => String(size), right: true },
  {
    title: 'CHANGED',
    cell: ({ modified }) => modified.slice(0, 16).replace('T', ' '),
    field: ({ modified }) => modified,
  },
]

export async function run(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const prefix = prefixOf(invocation)
  return withOperations(invocation, placeOf(invocation, invocation.operands), (operations) =>
    flags.finished === true
      ? listFinished(invocation, operations, prefix)
      : listUnfinished(invocation, operations, prefix),
  )
}

/** @throws {UsageError} for more than one place, and for what is none */
export function prefixOf({ operands }: Invocation): string {
  const [place, ...others] = operands
  if (others.length > 0) throw new UsageError(`Expected one place, got ${operands.join(' ')}.`)
  return place === undefined ? '' : parseS3Uri(place).key
}

async function listUnfinished(
  { output, terminal, operands, signal }: Invocation,
  operations: Operations,
  prefix: string,
): Promise<number> {
  const columns = unfinishedColumns(operations.now(), operands.length > 0)
  const table = new Table(columns, terminal.stdout, output.result)
  let count = 0
  let staying = false
  const listed = inLanes(operations.uploads(prefix, signal), async (upload) => {
    const held = await operations.held(upload, signal)
    return held && { ...upload, ...held }
  })
  for await (const upload of listed) {
    if (!upload) continue
    count++
    staying ||= upload.abortDate === null
    output.record({ type: 'upload', ...unfinishedFields(upload) })
    table.add(upload)
  }
  table.end()
  if (count === 0) output.note('No unfinished uploads.')
  if (staying) {
    output.note(
      'Until never: no lifecycle rule deletes them. partway doctor says how to add one, partway clean aborts old ones.',
    )
  }
  return EXIT.done
}

async function listFinished(
  { output, terminal, signal }: Invocation,
  { objects }: Operations,
  prefix: string,
): Promise<number> {
  const table = new Table(OBJECT_COLUMNS, terminal.stdout, output.result)
  let count = 0
  for await (const object of objects(prefix, signal)) {
    count++
    const { key, fileName, size, modified, etag } = object
    output.record({ type: 'object', key, fileName, size, modified, etag })
    table.add(object)
  }
  table.end()
  if (count === 0) output.note('No finished files.')
  return EXIT.done
}
