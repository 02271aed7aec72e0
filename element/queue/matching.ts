import type { Entry } from './entry.ts'
import type { Kept } from './kept.ts'

/** Files that agree in it are one, as far as a page can tell. */
export const fileId = (name: string, { size, lastModified }: Pick<Kept, 'size' | 'lastModified'>) =>
  [name, size, lastModified].join()

/** Of a file that is not what it was, or not there any more. */
export const isChanged = ({ now }: Entry) => /^file-(changed|gone)$/.test(now.problem?.code ?? '')

/** The server tells a name in which all but letters, digits and a few signs were replaced. Which file it was, its parts tell. */
const plain = (name: string) => name.normalize().replace(/[^\p{L}\p{N}]/gu, '')

/** Whether the item waits for this file, or for one that is as much like it as can be told without reading. */
export function isFor(entry: Entry, path: string, file: File): boolean {
  const { name, size, lastModified } = entry.kept
  if (size !== file.size && !isChanged(entry)) return false
  return lastModified === undefined
    ? [path, file.name].some((other) => plain(other) === plain(name))
    : `/${name}`.endsWith(`/${path}`)
}
