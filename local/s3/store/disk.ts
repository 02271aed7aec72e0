import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const BLOCK_BYTES = 1024 * 1024
const TEMPORARY = '.tmp'

type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>

/** Replaces a file as one step: a reader, or a crash, sees the old text or the new, never a mixture. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = temporaryPath(path)
  await writeStream(temporary, [Buffer.from(text)], false)
  await renameDurably(temporary, path)
}

/** When this returns, the file has its new name even after a loss of power. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

export async function removeDurably(path: string): Promise<void> {
  await rm(path)
  await syncDirectory(dirname(path))
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** A name beside the file's own that `isTemporary` knows after a crash. */
export function temporaryPath(path: string): string {
  return `${path}.${randomUUID()}${TEMPORARY}`
}

export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY)
}

/**
 * Writes a new file and makes its bytes durable; leaves no file behind where it throws.
 *
 * @param drop Keeps the size and drops the bytes: the file is a hole and reads as zeros.
 * @returns Its size in bytes.
 */
export async function writeStream(path: string, bytes: Chunks, drop: boolean): Promise<number> {
  const file = await open(path, 'wx')
  try {
    const size = await (drop ? writeHole(file, bytes) : writeBlocks(file, bytes))
    await file.datasync()
    return size
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function writeHole(file: FileHandle, bytes: Chunks): Promise<number> {
  let size = 0
  for await (const chunk of bytes) size += chunk.length
  await file.truncate(size)
  return size
}

/** One block is on its way to the disk while the next one is received and hashed. */
async function writeBlocks(file: FileHandle, bytes: Chunks): Promise<number> {
  let size = 0
  let block: Buffer[] = []
  let blockBytes = 0
  let writing: Promise<void> = Promise.resolve()
  const flush = async () => {
    await writing
    writing = writeAll(file, block)
    // It is awaited at the next flush; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
    block = []
    blockBytes = 0
  }
  try {
    for await (const chunk of bytes) {
      block.push(chunk)
      blockBytes += chunk.length
      size += chunk.length
      if (blockBytes >= BLOCK_BYTES) await flush()
    }
    await flush()
  } finally {
    await writing
  }
  return size
}

async function writeAll(file: FileHandle, chunks: Buffer[]): Promise<void> {
  let left = chunks
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = dropBytes(left, bytesWritten)
  }
}

function dropBytes(chunks: Buffer[], count: number): Buffer[] {
  let skip = count
  return chunks.flatMap((chunk) => {
    const rest = chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.length)
    return rest.length > 0 ? [rest] : []
  })
}
