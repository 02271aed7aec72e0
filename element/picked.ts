import { count } from './format.ts'
import type { PickedFile } from './upload-queue.ts'

/** What was chosen or dropped, and what of it could not be had, for a person. */
export interface Picked {
  readonly files: readonly PickedFile[]
  readonly complaints: readonly string[]
}

declare global {
  interface Window {
    /** Not everywhere, and not in the types of the DOM yet. */
    showOpenFilePicker?(options: object): Promise<FileSystemFileHandle[]>
  }
}

interface HandleItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}
interface Walkable {
  values(): AsyncIterable<FileSystemFileHandle | (FileSystemDirectoryHandle & Walkable)>
}
type Node = FileSystemFileHandle | (FileSystemDirectoryHandle & Walkable)

/**
 * The files of a drop, with those in its folders and theirs. Reads the items before it waits: after the event they are gone.
 * Handles are worth having: they survive a reload.
 */
export function pickedFromDrop({ items }: DataTransfer): Promise<Picked> {
  const dropped = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({
      file: item.getAsFile(),
      entry: item.webkitGetAsEntry(),
      handle: (item as HandleItem).getAsFileSystemHandle?.().catch(() => null),
    }))
  return collect(async (walk) => {
    for (const { file, entry, handle } of dropped) {
      const node = await handle
      if (node) await walk.handle(node as Node, node.name)
      else if (entry?.isDirectory) await walk.entry(entry, entry.name)
      else if (file) walk.files.push({ file })
    }
  })
}

/** The files of an `<input>`, whose folders the browser has walked. */
export function pickedFromInput(files: Iterable<File>): Picked {
  return {
    files: [...files].map((file) => ({ file, path: file.webkitRelativePath || undefined })),
    complaints: [],
  }
}

/** @throws {TypeError | DOMException} of an `AbortError` where nothing was chosen, and another where the browser has no such dialog here */
export async function pickedFromDialog(accept: string): Promise<Picked> {
  const handles = await window.showOpenFilePicker?.({ multiple: true, ...typesOf(accept) })
  return collect((walk) => Promise.all((handles ?? []).map((handle) => walk.handle(handle, handle.name))))
}

/** `.mov,video/*` as the dialog wants it; it refuses an empty list. */
function typesOf(accept: string): object {
  const types = accept.split(',').flatMap((type) => type.trim() || [])
  const [extensions, mimes] = [
    types.filter((type) => type[0] === '.'),
    types.filter((type) => type[0] !== '.'),
  ]
  return types.length === 0
    ? {}
    : {
        types: [
          {
            accept: Object.fromEntries([
              ...mimes.map((mime) => [mime, []]),
              ...(extensions.length > 0 ? [['application/x-file', extensions]] : []),
            ]),
          },
        ],
      }
}

interface Walk {
  readonly files: PickedFile[]
  handle(node: Node, path: string): Promise<void>
  entry(entry: FileSystemEntry, path: string): Promise<void>
}

async function collect(go: (walk: Walk) => Promise<unknown>): Promise<Picked> {
  const files: PickedFile[] = []
  let unread = 0
  let empty = 0
  const orUnread = (read: () => Promise<void>) =>
    read().catch(() => {
      unread++
    })
  const folder = async (walkIt: () => Promise<void>) => {
    const before = files.length + unread + empty
    await walkIt()
    if (files.length + unread + empty === before) empty++
  }
  const walk: Walk = {
    files,
    handle: (node, path) =>
      orUnread(async () => {
        if (node.kind === 'file') files.push({ file: await node.getFile(), path, handle: node })
        else
          await folder(async () => {
            for await (const child of node.values()) await walk.handle(child, `${path}/${child.name}`)
          })
      }),
    entry: (entry, path) =>
      orUnread(async () => {
        if (entry.isFile) files.push({ file: await fileOf(entry as FileSystemFileEntry), path })
        else
          await folder(async () => {
            for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
              await walk.entry(child, `${path}/${child.name}`)
          })
      }),
  }
  await go(walk)
  return {
    files,
    complaints: [
      ...(unread ? [`${count(unread, 'file')} or folders could not be read.`] : []),
      ...(empty ? [`${count(empty, 'folder')} had no files.`] : []),
    ],
  }
}

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject))

/** A reader gives at most 100 at a time, and none at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const children: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return children
    children.push(...some)
  }
}
