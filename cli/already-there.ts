import { resolve } from 'node:path'
import {
  type DownloadResult,
  FileExistsError,
  IntegrityError,
  openFile,
  PathCollisionError,
} from '../client/node/index.ts'
import { MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import type { Connection } from './connect.ts'
import type { Output } from './output.ts'
import { compareAgain } from './verify.ts'

export interface InTheWay {
  readonly key: string
  /** Of all files of the run. */
  readonly folder: string
  readonly connection: Connection
  readonly output: Output
  /** By key, downloads that have begun: settled when they have ended. */
  readonly underWay: ReadonlyMap<string, Promise<unknown>>
  readonly signal: AbortSignal
}

/**
 * A file that is in a download's way, and has the very bytes of the object, is what was asked for. A kill that comes between a file's
 * name and the line that remembers it leaves such; and one that comes between an API's small file and that line makes it send the file
 * again, under another key.
 * @param error of the download
 * @throws that error, where it is another one, or the file differs, or cannot be compared
 */
export async function alreadyThere(error: unknown, inTheWay: InTheWay): Promise<DownloadResult> {
  const { key, connection, output, signal } = inTheWay
  const path = await pathOf(error, inTheWay)
  if (path === undefined) throw error
  const began = performance.now()
  const { size, etag, checksum, partSize } = await connection.client.api.download({ key }, signal)
  const source = await openFile(path).catch(() => {
    throw error
  })
  try {
    if (source.size === size && size > MAX_SINGLE_PUT_BYTES) {
      output.note(`${path}: there is a file of that name and size; it is compared with the object`)
    }
    const stored = { size, etag, checksum, partSize, verified: checksum ? 'checksum' : 'etag' } as const
    const verified = await compareAgain(source, stored, signal)
    if (verified === undefined) throw error
    return {
      ...{ key, path, size, etag, checksum, verified, range: undefined, downgraded: undefined },
      ...{ bytesTransferred: 0, bytesResumed: size, elapsed: performance.now() - began },
    }
  } catch (cause) {
    throw cause instanceof IntegrityError ? error : cause
  } finally {
    await source.close()
  }
}

/** Of the file, once nobody writes it any more. */
async function pathOf(error: unknown, { folder, underWay }: InTheWay): Promise<string | undefined> {
  if (error instanceof FileExistsError) return error.path
  if (!(error instanceof PathCollisionError)) return undefined
  await underWay.get(error.other)
  return resolve(folder, error.path)
}
