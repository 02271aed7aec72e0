import type { HashRequest } from '../client/node/hashing.ts'
import { createConnections } from '../client/node/http.ts'
import { openFile } from '../client/node/source.ts'
import { fileTransport } from '../client/node/transport.ts'
import { threadedTransport } from './integrity-thread.ts'

/** `node bench/integrity-sender.ts ORDER`: sends a file once, and prints what that took. */
export interface SendOrder {
  url: string
  path: string
  partBytes: number
  lanes: number
  hashing: HashRequest & { thread?: boolean }
}

export interface Sent {
  seconds: number
  cpuSeconds: number
  peakMiB: number
}

if (process.argv[1] === import.meta.filename)
  console.log(JSON.stringify(await send(JSON.parse(process.argv[2] ?? ''))))

async function send({ url, path, partBytes, lanes, hashing }: SendOrder): Promise<Sent> {
  const { thread, ...hashes } = hashing
  const source = await openFile(path)
  const connections = createConnections()
  const { transport, close } = thread
    ? threadedTransport(connections)
    : { transport: fileTransport(connections), close: () => connections.close() }
  const { signal } = new AbortController()
  const before = process.cpuUsage()
  const begun = performance.now()
  let next = 0
  const lane = async () => {
    while (next < source.size) {
      const start = next
      next += partBytes
      const body = source.slice(start, Math.min(next, source.size))
      const { status } = await transport.put({ url, headers: {}, body, ...hashes, signal, onProgress() {} })
      if (status !== 200) throw new Error(`Expected 200, got ${status}.`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(before)
  close()
  await source.close()
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMiB: process.resourceUsage().maxRSS / 1024 }
}
