import { createHash } from 'node:crypto'
import { type DownloadOptions as DownloadToOptions, download as downloadTo } from '../download.ts'
import type { Download } from '../download-events.ts'
import type { DownloadPorts } from '../download-ports.ts'
import { Blocks } from './blocks.ts'
import { pathFor } from './download-path.ts'
import { createCrc } from './hashing.ts'
import type { Connections } from './http.ts'
import { PartFile } from './part-file.ts'
import { receive } from './receive.ts'

export interface DownloadOptions extends DownloadToOptions {
  /** A file, or a folder that exists. @default the object's own file name, in the current folder */
  readonly output?: string | undefined
  /** Whether a file of that name may be replaced. @default false */
  readonly replace?: boolean | undefined
}

export interface FileDownloadPorts
  extends Omit<DownloadPorts, 'receive' | 'claim' | 'createCrc' | 'createMd5'> {
  readonly connections: Connections
  /** The folder of locks. */
  readonly locks: string
}

/**
 * Into `NAME.part`, with `NAME.part.journal` beside it; the same download begun again goes on there.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1
 */
export function download(
  key: string,
  { connections, locks, ...ports }: FileDownloadPorts,
  { output, replace = false, ...options }: DownloadOptions = {},
): Download {
  const blocks = new Blocks()
  return downloadTo(
    key,
    {
      ...ports,
      receive: (receiving, url, keeping, signal) =>
        receive(receiving, url, { ...keeping, connections, blocks }, signal),
      claim: async ({ fileName }) => PartFile.claim(await pathFor(output, fileName), replace, locks),
      createCrc,
      createMd5: () => createHash('md5'),
    },
    options,
  )
}
