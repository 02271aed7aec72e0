import { type DownloadOptions as DownloadToOptions, download as downloadTo } from '../download.ts'
import type { Download } from '../download-events.ts'
import type { DownloadPorts } from '../download-ports.ts'
import { Blocks } from './blocks.ts'
import { pathFor } from './download-path.ts'
import { createCrc } from './hashing.ts'
import type { Connections } from './http.ts'
import { md5s } from './md5.ts'
import { PartFile } from './part-file.ts'
import { receive } from './receive.ts'

export interface DownloadOptions extends DownloadToOptions {
  /** A file, or a folder that exists; or what says it once the object's own file name is known. @default that name, in the current folder */
  readonly output?: string | ((fileName: string) => string) | undefined
  /** Whether the folders of `output` are made: it is a file's path then, unless it ends with a slash. @default false */
  readonly createFolders?: boolean | undefined
  /** Whether a file of that name may be replaced. @default false */
  readonly replace?: boolean | undefined
}

/** What a download takes, wherever it goes. */
export interface NodeDownloadPorts
  extends Omit<DownloadPorts, 'receive' | 'claim' | 'createCrc' | 'createMd5'> {
  readonly connections: Connections
}

export interface FileDownloadPorts extends NodeDownloadPorts {
  /** The folder of locks. */
  readonly locks: string
}

/**
 * Into `NAME.part`, with `NAME.part.journal` beside it; the same download begun again goes on there.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1, or the range is none
 */
export function download(
  key: string,
  { locks, ...ports }: FileDownloadPorts,
  { output, createFolders, replace = false, ...options }: DownloadOptions = {},
): Download {
  return downloadTo(
    key,
    {
      ...receivingPorts(ports, new Blocks()),
      async claim({ fileName }) {
        const path = typeof output === 'function' ? output(fileName) : output
        return PartFile.claim(await pathFor(path, fileName, createFolders), replace, locks)
      },
    },
    options,
  )
}

/** How Node receives. */
export function receivingPorts(
  { connections, ...ports }: NodeDownloadPorts,
  blocks: Blocks,
): Omit<DownloadPorts, 'claim'> {
  return {
    ...ports,
    receive: (receiving, url, keeping, signal) =>
      receive(receiving, url, { ...keeping, connections, blocks }, signal),
    createCrc,
    createMd5: () => md5s.create(),
  }
}
