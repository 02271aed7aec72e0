import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type House, type HouseOptions, storeClient } from './house.ts'
import { SMALL_PARTS } from './porter-processes.ts'

const MAIN = new URL('./house-process.ts', import.meta.url).pathname

export interface MortalHouse extends House {
  /** As by `kill -9`; is back, on the same data and the same ports, a moment later. */
  kill(): Promise<void>
  /** Resolves when it is back. */
  ready(): Promise<void>
}

/** A house in a process of its own. */
export async function openHouseProcess({ dataDirectory, storeUrl }: HouseOptions): Promise<MortalHouse> {
  let ports = { apiPort: 0, s3Port: 0 }
  let child: ChildProcess
  async function start(): Promise<void> {
    const args = [dataDirectory, storeUrl, ports.apiPort, ports.s3Port].map(String)
    child = spawn(process.execPath, ['--import', SMALL_PARTS, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`Expected a house, got a process that ended with ${code}.`)
      }),
    ])
    ports = JSON.parse(line)
  }
  async function end(): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await start()
  const client = storeClient(ports.s3Port)
  let restarting = Promise.resolve()
  return {
    ...ports,
    client,
    kill() {
      restarting = restarting.then(end).then(start)
      return restarting
    },
    ready: () => restarting,
    async close() {
      client.destroy()
      await restarting
      await end()
    },
  }
}
