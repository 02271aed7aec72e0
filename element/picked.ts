import type { PickedFile } from './upload-queue.ts'

/** What was chosen or dropped, and what of it could not be had, in sentences for a person. */
export interface Picked {
  readonly files: readonly PickedFile[]
  readonly complaints?: readonly string[]
}

declare global {
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
  }
}

/**
 * The files of a drop, with those in its folders and theirs. Reads the items before it waits: after the event they are gone.
 * Handles are worth having: they survive a reload.
 */
export async function pickedFromDrop({ items }: DataTransfer): Promise<Picked> {
  const dropped = [...items].flatMap((item) =>
    item.kind === 'file'
      ? {
          file: item.getAsFile(),
          entry: item.webkitGetAsEntry(),
          handle: item.getAsFileSystemHandle?.().catch(() => null),
        }
      : [],
  )
  const files: PickedFile[] = []
  const folders: (FileSystemHandle | FileSystemEntry)[] = []
  for (const { file, entry, handle } of dropped) {
    const node = (await handle) ?? undefined
    if (entry?.isDirectory) folders.push(node ?? entry)
    else if (file) files.push({ file, handle: node as FileSystemFileHandle | undefined })
  }
  if (folders.length === 0) return { files }
  const { walkFolders } = await import('./folders.ts')
  return walkFolders(folders, files)
}

/** The files of an `<input>`, whose folders the browser has walked. */
export const pickedFromInput = (files: Iterable<File>): Picked => ({
  files: [...files].map((file) => ({ file, path: file.webkitRelativePath || undefined })),
})
