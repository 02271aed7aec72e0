import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pseudoRandom, temporaryFolder } from '../client/servers.ts'
import { type Shape, startShapingProxy } from './proxy.ts'
import { spawnShapingProxy } from './spawn.ts'

const MBIT = 1_000_000
/** No link is faster than it promises. How much slower it is says how busy the machine is. */
const LEAST = 0.95
const MOST = 10

/** A server behind a link. */
async function linkTo(serve: (socket: Socket) => void, shape: Shape, start = startShapingProxy) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await start({ target: { port: (server.address() as AddressInfo).port }, shape })
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  const open = async () => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { proxy, open }
}

/** Answers with how many bytes came, once they are all there. */
const counts = (socket: Socket) => {
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  socket.on('end', () => socket.end(String(bytes)))
}

const echoes = (socket: Socket) => socket.pipe(socket)

async function read(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

async function send(socket: Socket, bytes: number) {
  socket.end(Buffer.alloc(bytes))
  expect(String(await read(socket))).toBe(String(bytes))
}

describe.each([
  ['in this process', startShapingProxy],
  ['in a process of its own', spawnShapingProxy],
])('a link %s', (_, start) => {
  test('carries what its rate allows, each connection for itself', async () => {
    const { open } = await linkTo(counts, { bitsPerSecond: 20 * MBIT }, start)
    const sockets = [await open(), await open(), await open()]
    const seconds = await secondsOf(() => Promise.all(sockets.map((socket) => send(socket, 2_500_000))))
    expect(seconds).toBeGreaterThan(LEAST)
    expect(seconds).toBeLessThan(MOST)
  })

  test('is shared fairly by all connections where the rate is one for all', async () => {
    const { open } = await linkTo(counts, { sharedBitsPerSecond: 100 * MBIT }, start)
    const sockets = await Promise.all(Array.from({ length: 5 }, open))
    const each = await Promise.all(sockets.map((socket) => secondsOf(() => send(socket, 2_500_000))))
    for (const seconds of each) {
      expect(seconds).toBeGreaterThan(0.6)
      expect(seconds).toBeLessThan(MOST)
    }
    expect(Math.max(...each)).toBeGreaterThan(LEAST)
  })
})

test('the way back has the same rate', async () => {
  const answer = Buffer.alloc(2_500_000)
  const { open } = await linkTo((socket) => socket.end(answer), { bitsPerSecond: 20 * MBIT })
  const socket = await open()
  const seconds = await secondsOf(async () => expect((await read(socket)).length).toBe(answer.length))
  expect(seconds).toBeGreaterThan(LEAST)
  expect(seconds).toBeLessThan(MOST)
})

test('a question and its answer take a round trip, and the first of a connection one more', async () => {
  const { open } = await linkTo(echoes, { roundTripMs: 100 })
  const socket = await open()
  const ask = () =>
    secondsOf(async () => {
      socket.write('?')
      await once(socket, 'data')
    })
  const [first, second] = [await ask(), await ask()]
  expect(first).toBeGreaterThan(0.195)
  expect(first).toBeLessThan(MOST)
  expect(second).toBeGreaterThan(0.095)
  expect(second).toBeLessThan(MOST)
})

test('bytes arrive as they were sent', async () => {
  const { open } = await linkTo(echoes, {
    bitsPerSecond: 200 * MBIT,
    sharedBitsPerSecond: 300 * MBIT,
    roundTripMs: 20,
  })
  const [sent, others] = [pseudoRandom(3_000_000), pseudoRandom(3_000_000, 7)]
  const [one, two] = [await open(), await open()]
  one.end(sent)
  two.end(others)
  const [echo, other] = await Promise.all([read(one), read(two)])
  expect(echo.equals(sent)).toBe(true)
  expect(other.equals(others)).toBe(true)
})

test('a link that gets faster midway is faster at once', async () => {
  const { proxy, open } = await linkTo(counts, { bitsPerSecond: 1 * MBIT })
  const socket = await open()
  const seconds = await secondsOf(() => {
    setTimeout(() => proxy.reshape({ bitsPerSecond: 80 * MBIT }), 500)
    return send(socket, 4_000_000)
  })
  expect(seconds).toBeGreaterThan(0.8)
  expect(seconds).toBeLessThan(MOST)
})

test('a Unix socket is as slow, and hides less', async () => {
  const server = createServer({ allowHalfOpen: true }, counts)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const path = join(await temporaryFolder(), 'link')
  const target = { port: (server.address() as AddressInfo).port }
  const proxy = await startShapingProxy({ target, path, shape: { bitsPerSecond: 20 * MBIT } })
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  const socket = connect({ path, allowHalfOpen: true })
  let handedOver = 0
  const bytes = 2_500_000
  const seconds = await secondsOf(async () => {
    socket.write(Buffer.alloc(bytes / 2), () => {
      handedOver = performance.now()
    })
    const half = performance.now() + 500
    socket.end(Buffer.alloc(bytes / 2))
    expect(String(await read(socket))).toBe(String(bytes))
    expect(handedOver - half).toBeGreaterThan(-250)
  })
  expect(seconds).toBeGreaterThan(LEAST)
  expect(seconds).toBeLessThan(MOST)
})

test('whoever sends too fast is held back, not buffered', async () => {
  const { open } = await linkTo(counts, { bitsPerSecond: MBIT })
  const socket = await open()
  let handedOver = 0
  const piece = Buffer.alloc(64 * 1024)
  const write = () => {
    socket.write(piece, (error) => {
      if (error) return
      handedOver += piece.length
      write()
    })
  }
  write()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  // What a link of 1 Mbit/s carries in a second, and the buffers of two sockets on the way.
  expect(handedOver).toBeLessThan(125_000 + 8 * 1024 * 1024)
})

test('a server that hangs up is noticed, and so is a client that does', async () => {
  let closed = Promise.resolve<unknown>(undefined)
  const { open } = await linkTo(
    (socket) => {
      closed = once(socket, 'close')
      socket.once('data', (data) => String(data) === 'go away' && socket.destroy())
      socket.on('end', () => socket.end())
    },
    { roundTripMs: 10 },
  )
  const one = await open()
  one.write('go away')
  one.resume()
  await once(one, 'end')
  const two = await open()
  two.write('hello')
  await new Promise((resolve) => setTimeout(resolve, 50))
  two.destroy()
  await closed
})
