import { plan } from '../protocol/part-plan.ts'
import { formatAge } from './age.ts'
import { formatBytes } from './format.ts'
import type { BegunUpload, Held } from './operations.ts'
import type { Column } from './table.ts'

/** An unfinished upload, with what the store holds of it. */
export type Unfinished = BegunUpload & Held

/** @param now time of day in the place */
export function unfinishedColumns(now: Date, isS3: boolean): Column<Unfinished>[] {
  return [
    {
      title: isS3 ? 'KEY' : 'FILE',
      cell: ({ key, fileName }) => (isS3 ? key : fileName),
      field: ({ key }) => key,
      elastic: true,
    },
    { title: 'UPLOAD ID', cell: ({ uploadId }) => uploadId, programsOnly: true },
    {
      title: 'AGE',
      cell: ({ initiated }) => formatAge(now.getTime() - Date.parse(initiated)),
      field: ({ initiated }) => initiated,
      right: true,
    },
    { title: 'PARTS', cell: partsText, field: ({ parts }) => String(parts), right: true },
    { title: 'HELD', cell: heldText, field: ({ bytes }) => String(bytes), right: true },
    { title: 'SIZE', cell: ({ size }) => String(size ?? ''), programsOnly: true },
    {
      title: 'UNTIL',
      cell: untilText,
      field: ({ abortDate }) => abortDate ?? (abortDate === null ? 'never' : ''),
    },
  ]
}

/** Of `--json`. */
export function unfinishedFields({ key, uploadId, fileName, initiated, parts, bytes, ...rest }: Unfinished) {
  const { size, partSize, abortDate } = rest
  return { key, uploadId, fileName, initiated, parts, bytes, size, partSize, abortDate }
}

export function heldText({ bytes, size }: Pick<Unfinished, 'bytes' | 'size'>): string {
  return size === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(size)}`
}

function partsText({ parts, size, partSize }: Unfinished): string {
  if (size === undefined || partSize === undefined) return String(parts)
  return `${parts} of ${plan(size, partSize).partCount}`
}

function untilText({ abortDate }: Unfinished): string {
  if (abortDate === null) return 'never'
  return abortDate === undefined ? 'not told' : abortDate.slice(0, 10)
}
