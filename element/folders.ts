import { count } from './format.ts'
import type { Picked } from './picked.ts'
import type { PickedFile } from './upload-queue.ts'

type Node = FileSystemHandle | FileSystemEntry

const NAMED = 3

/**
 * The files below folders, each by its path from the folder that was dropped. What cannot be read, and folders without a file,
 * are told and left out.
 * @param beside files that were dropped with them
 */
export async function walkFolders(
  folders: readonly Node[],
  beside: readonly PickedFile[],
): Promise<Required<Picked>> {
  const files = [...beside]
  const unread: string[] = []
  let empty = 0

  /** @returns whether there was anything in it */
  async function walk(node: Node, path: string): Promise<boolean> {
    try {
      const file = await fileOf(node)
      if (file) return files.push({ path, ...file }) > 0
      let filled = false
      for await (const child of childrenOf(node))
        filled = (await walk(child, `${path}/${child.name}`)) || filled
      if (!filled) empty++
    } catch {
      unread.push(path)
    }
    // An empty folder is told once, and not again for the one that it is in.
    return true
  }
  for (const folder of folders) await walk(folder, folder.name)

  const named = unread.slice(0, NAMED).join(', ')
  const more = unread.length - NAMED
  return {
    files,
    complaints: [
      ...(named ? [`Could not be read: ${named}${more > 0 ? ` and ${more} more` : ''}.`] : []),
      ...(empty ? [`${count(empty, 'folder')} had no files.`] : []),
    ],
  }
}

/** @returns `undefined` for a folder */
async function fileOf(node: Node): Promise<PickedFile | undefined> {
  if ('kind' in node) {
    if (node.kind === 'directory') return undefined
    const handle = node as FileSystemFileHandle
    return { file: await handle.getFile(), handle }
  }
  if (node.isDirectory) return undefined
  return { file: await new Promise((resolve, reject) => (node as FileSystemFileEntry).file(resolve, reject)) }
}

async function* childrenOf(node: Node): AsyncGenerator<Node> {
  if ('kind' in node) return yield* (node as FileSystemDirectoryHandle).values()
  const reader = (node as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A hundred at a time at most, and none at the end.
    const some = await new Promise<Node[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    yield* some
  }
}
