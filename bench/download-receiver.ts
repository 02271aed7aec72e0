import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ControlPlane } from '../client/control-plane.ts'
import { download } from '../client/download.ts'
import type { DownloadTarget } from '../client/download-ports.ts'
import { Blocks } from '../client/node/blocks.ts'
import { createCrc } from '../client/node/hashing.ts'
import { createConnections } from '../client/node/http.ts'
import { PartFile } from '../client/node/part-file.ts'
import { receive } from '../client/node/receive.ts'

/** What `node bench/download-receiver.ts ORDER` does, as JSON; it prints a {@link Received}. */
export interface ReceiveOrder {
  url: string
  folder: string
  size: number
  /** CRC-32, in base64. */
  checksum: string
  partBytes: number
  lanes: number
  /** Without, nothing is put on the disk or written down before the end. */
  journal: boolean
}

export interface Received {
  seconds: number
  cpuSeconds: number
  peakMiB: number
}

if (process.argv[1] === import.meta.filename) {
  console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? ''))))
}

async function run({
  url,
  folder,
  size,
  checksum,
  partBytes,
  lanes,
  journal,
}: ReceiveOrder): Promise<Received> {
  const connections = createConnections()
  const blocks = new Blocks()
  const answer = {
    ...{ key: 'film.mov', url, fileName: 'film.mov', size, etag: 'bench', partSize: partBytes },
    checksum: { algorithm: 'CRC32' as const, value: checksum },
    ...{ contentType: 'video/quicktime', expiresAt: '', expiresIn: 3600 },
  }
  const before = process.cpuUsage()
  const begun = performance.now()
  const { verified } = await download(
    'film.mov',
    {
      api: { download: async () => answer } as unknown as ControlPlane,
      receive: (receiving, url, keeping, signal) =>
        receive(receiving, url, { ...keeping, connections, blocks }, signal),
      async claim() {
        const target = await PartFile.claim(join(folder, 'film.mov'), true, join(folder, 'locks'))
        return journal ? target : unsafe(target)
      },
      createCrc,
      createMd5: () => createHash('md5'),
    },
    { concurrency: lanes },
  ).result
  if (verified !== 'checksum') throw new Error(`Expected it to be verified by checksum, got ${verified}.`)
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(before)
  connections.close()
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

/** One sync, at the end. */
function unsafe(target: DownloadTarget): DownloadTarget {
  return {
    path: target.path,
    begin: (...asked) => target.begin(...asked),
    restart: (...asked) => target.restart(...asked),
    write: (bytes, position) => target.write(bytes, position),
    sync: async () => {},
    journal: async () => {},
    crc: (...asked) => target.crc(...asked),
    md5: (start, end, signal) => target.md5(start, end, signal),
    finish: (signal) => target.finish(signal),
    drop: () => target.drop(),
    close: () => target.close(),
  }
}
