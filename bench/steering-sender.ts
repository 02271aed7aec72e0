import * as http from 'node:http'
import { createApi } from '../client/api.ts'
import * as carriage from '../client/carrier.ts'
import * as extras from '../client/extras.ts'
import type { Connections } from '../client/node/http.ts'
import { openFile } from '../client/node/source.ts'
import { createTraffic } from '../client/node/traffic.ts'
import { fileTransport } from '../client/node/transport.ts'
import type { Journal } from '../client/ports.ts'
import { upload } from '../client/upload.ts'

/** One upload, in a process of its own. Its order is its argument. */
export interface SteeringOrder {
  readonly apiUrl: string
  /** The way to the store: whatever its URL says. */
  readonly via: { readonly socketPath: string } | { readonly host: string; readonly port: number }
  readonly path: string
  readonly partSize?: number
  /** @default as many lanes as the goodput is worth */
  readonly concurrency?: number
}

/** Its only message. */
export interface SteeringResult {
  /** Of the bytes alone: what the API does before and after is left out. */
  readonly seconds: number
  /** The most memory that the process had, in bytes. */
  readonly memory: number
  /** The most lanes that were used at once. */
  readonly lanes: number
}

/** Fixed numbers of lanes are compared whether they fit into the default or not. */
const AMPLE_MEMORY = 1024 ** 3

const forgetful: Journal = {
  entries: [],
  setAside: undefined,
  append: async () => {},
  clear: async () => {},
  close: async () => {},
}

function connectionsVia(via: SteeringOrder['via']): Connections {
  const agent = new http.Agent({ keepAlive: true })
  return {
    request(url, options) {
      const target = new URL(url)
      const headers = { ...options.headers, host: target.host }
      return http.request({ ...via, ...options, path: target.pathname + target.search, headers, agent })
    },
    get: () => Promise.reject(new Error('Expected uploads alone, got a download.')),
    close: () => agent.destroy(),
  }
}

const { apiUrl, via, path, partSize, concurrency }: SteeringOrder = JSON.parse(process.argv[2] ?? '')
const source = await openFile(path)
const connections = connectionsVia(via)
const sent = upload(
  source,
  {
    controlPlane: createApi({ url: apiUrl }),
    transport: fileTransport(connections),
    journals: { open: async () => forgetful },
    carriage: async () => carriage,
    extras: async () => extras,
    ...createTraffic(concurrency === undefined ? {} : { concurrency, maxMemory: AMPLE_MEMORY }),
  },
  { partSize },
)
let [begun, seconds] = [0, 0]
sent.on('state', ({ state }) => {
  if (state === 'uploading') begun = performance.now()
  if (state === 'completing') seconds = (performance.now() - begun) / 1000
})
let [lanes, memory] = [0, 0]
const sampling = setInterval(() => {
  lanes = Math.max(lanes, sent.snapshot().parts.filter((state) => state === 'sending').length)
  // Not the kernel's own maximum: that counts what the parent had when it forked.
  memory = Math.max(memory, process.memoryUsage.rss())
}, 100)
await sent.result
clearInterval(sampling)
await source.close()
connections.close()
const result: SteeringResult = { seconds, memory, lanes }
process.send?.(result)
process.disconnect?.()
