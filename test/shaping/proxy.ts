import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Bottleneck, sleep } from './bottleneck.ts'

/** What the link is like. Rates hold for each direction by itself. */
export interface Shape {
  /** Of each connection. @default unlimited */
  readonly bitsPerSecond?: number | undefined
  /** Of all connections together. @default unlimited */
  readonly sharedBitsPerSecond?: number | undefined
  /** Connecting costs one, too. @default 0 */
  readonly roundTripMs?: number | undefined
}

export interface ProxyOptions {
  /** Where connections lead to. */
  readonly target: { readonly host?: string | undefined; readonly port: number }
  /** Where it listens. @default '127.0.0.1' */
  readonly host?: string | undefined
  /**
   * A Unix socket to listen at instead. The kernel takes 4 MiB at once of every connection over loopback, which no other link does:
   * whoever measures what was handed over is told less that is not true.
   */
  readonly path?: string | undefined
  readonly shape?: Shape | undefined
}

export interface ShapingProxy {
  /** 0 for a Unix socket. */
  readonly port: number
  /** From now on, for the connections there are as well. */
  reshape(shape: Shape): void
  /** Cuts every connection. */
  close(): Promise<void>
}

/** Pieces are so small that a shared link goes round all connections several times in a round trip. */
const PIECE_MS = 5
const SMALLEST_PIECE = 1024
const LARGEST_PIECE = 64 * 1024
/** Of one connection and direction, where the rate allows any number. */
const MOST_IN_FLIGHT = 8 * 1024 * 1024

/** A TCP proxy on a free port that is as slow as the link that it plays. It knows nothing of what it carries. */
export async function startShapingProxy(options: ProxyOptions): Promise<ShapingProxy> {
  const { target, host = '127.0.0.1', path } = options
  let shape = options.shape ?? {}
  const sockets = new Set<Socket>()
  const shared = () => shape.sharedBitsPerSecond ?? Number.POSITIVE_INFINITY
  const own = () => shape.bitsPerSecond ?? Number.POSITIVE_INFINITY
  const up = new Bottleneck(shared)
  const down = new Bottleneck(shared)
  const oneWayMs = () => (shape.roundTripMs ?? 0) / 2

  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
    keep(client)
    await sleep(shape.roundTripMs ?? 0)
    if (client.destroyed) return
    const upstream = connect({
      ...target,
      host: target.host ?? '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    })
    keep(upstream)
    breakTogether(client, upstream)
    breakTogether(upstream, client)
    carry(client, upstream, [new Bottleneck(own), up], oneWayMs)
    carry(upstream, client, [new Bottleneck(own), down], oneWayMs)
  })
  server.listen(path === undefined ? { port: 0, host } : { path })
  await once(server, 'listening')

  function keep(socket: Socket) {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }

  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    reshape(next) {
      shape = next
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** One that ended well may have closed while its last bytes are still on their way to the other. */
function breakTogether(one: Socket, other: Socket): void {
  one.once('close', () => {
    if (one.errored || !one.readableEnded) other.destroy()
  })
}

/** Bytes and the end of them arrive in order, each when it is due. */
async function carry(
  from: Socket,
  to: Socket,
  [own, shared]: readonly [Bottleneck, Bottleneck],
  oneWayMs: () => number,
): Promise<void> {
  let arrivals = Promise.resolve()
  let inFlight = 0
  const arrive = async (at: number, piece: Buffer) => {
    const early = at - performance.now()
    if (early > 0) await sleep(early)
    inFlight -= piece.length
    if (!to.destroyed && !to.write(piece)) await drained(to)
  }
  try {
    for await (const chunk of from) {
      for (const piece of pieces(chunk, own.bitsPerSecond)) {
        const passed = Math.max(await own.pass(piece.length), await shared.pass(piece.length))
        inFlight += piece.length
        arrivals = arrivals.then(() => arrive(passed + oneWayMs(), piece))
        if (inFlight > MOST_IN_FLIGHT) await arrivals
      }
    }
    await arrivals
    to.end()
  } catch {
    to.destroy()
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      socket.off('drain', end)
      socket.off('close', end)
      resolve()
    }
    socket.on('drain', end)
    socket.on('close', end)
  })
}

function* pieces(chunk: Buffer, bitsPerSecond: number): Generator<Buffer> {
  const size = Math.max(
    SMALLEST_PIECE,
    Math.min(LARGEST_PIECE, Math.floor((bitsPerSecond / 8000) * PIECE_MS)),
  )
  for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size)
}
