import { formatBytes } from '../format.ts'
import type { PickedFile, Refusal } from '../upload-queue.ts'

/** What may be taken. */
export interface Limits {
  /** As of `<input accept>`: `.mov, video/*, image/png`. @default every type */
  readonly accept?: string | undefined
  /** Bytes. @default as large as the API takes */
  readonly maxSize?: number | undefined
}

/** @returns `undefined` where the file may be taken */
export function refusalOf({ file, path = file.name }: PickedFile, { accept = '', maxSize }: Limits) {
  const taken = accept.split(',').flatMap((type) => type.trim() || [])
  if (taken.length > 0 && !taken.some((type) => isOfType(file, type.toLowerCase())))
    return refuse(path, `is not taken here: expected ${taken.join(', ')}.`)
  if (maxSize !== undefined && file.size > maxSize)
    return refuse(
      path,
      `is too large: ${formatBytes(file.size)}, and at most ${formatBytes(maxSize)} are taken.`,
    )
  return undefined
}

export const refuse = (name: string, why: string): Refusal => ({ name, sentence: `${name} ${why}` })

function isOfType({ name, type }: File, wanted: string): boolean {
  if (wanted.startsWith('.')) return name.toLowerCase().endsWith(wanted)
  return wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : wanted === '*' || type === wanted
}
