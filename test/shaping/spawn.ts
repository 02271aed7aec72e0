import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProxyOptions, ShapingProxy } from './proxy.ts'

const SCRIPT = fileURLToPath(import.meta.resolve('./process.ts'))

/** The same in a process of its own, so that whoever measures does not share its time with the proxy. */
export async function spawnShapingProxy(options: ProxyOptions): Promise<ShapingProxy> {
  const child = fork(SCRIPT, [JSON.stringify(options)])
  const exited = once(child, 'exit')
  const port = await Promise.race([
    once(child, 'message').then(([port]) => port as number),
    exited.then(([code]) => {
      throw new Error(`Expected the proxy to listen, got its exit with ${code}.`)
    }),
  ])
  return {
    port,
    reshape: (shape) => child.send(shape),
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
