import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** What a server between others has under way. */
export interface Settling {
  /** Of what it asks others for: until that closes. */
  hold(one: EventEmitter): void
  /**
   * Resolves once all who came have gone and all that is held has closed: what a process sent before a `kill -9` may arrive after it
   * has ended.
   */
  settled(): Promise<void>
}

/** @param server on loopback, before the first comes */
export function settling(server: Server): Settling {
  const underWay = new Set<Promise<unknown>>()

  function hold(one: EventEmitter): void {
    const closed: Promise<unknown> = new Promise((resolve) => one.once('close', resolve)).then(() =>
      underWay.delete(closed),
    )
    underWay.add(closed)
  }

  server.on('connection', hold)
  return {
    hold,
    async settled() {
      // Connections are accepted in their order: when this one has been, none from before is left to accept.
      const last = connect((server.address() as AddressInfo).port, '127.0.0.1').end()
      await new Promise((resolve) => last.once('close', resolve))
      for (const closed of underWay) await closed
    },
  }
}
