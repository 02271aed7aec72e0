import { once } from 'node:events'
import { createServer as createTcpServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { BLOCK_BYTES, Blocks } from '../../client/node/blocks.ts'
import { type Wanted, Wires } from '../../client/node/wires.ts'
import { pseudoRandom, serve } from './servers.ts'

const MIB = 1024 * 1024

function openWires() {
  const wires = new Wires()
  onTestFinished(() => wires.close())
  return wires
}

async function get(wires: Wires, url: string, wanted: Partial<Wanted> = {}) {
  const got = await wires.get(url, {
    ...{ headers: {}, blocks: new Blocks(), signal: new AbortController().signal },
    ...wanted,
  })
  const pieces: Buffer[] = []
  let told = 0
  try {
    for await (const piece of got.body.read((bytes) => {
      told += bytes
    }))
      pieces.push(Buffer.from(piece))
    expect(told).toBe(Buffer.concat(pieces).length)
    return { ...got, pieces, bytes: Buffer.concat(pieces) }
  } finally {
    got.close()
  }
}

/** A server that answers each request with what it is given, byte by byte as it is cut. */
async function serveRaw(
  answer: (socket: Socket, nth: number) => unknown,
): Promise<{ url: string; seen: Socket[] }> {
  const seen: Socket[] = []
  const server = createTcpServer({ noDelay: true }, (socket) => {
    seen.push(socket)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (data) => {
      text += data
      if (!text.endsWith('\r\n\r\n')) return
      text = ''
      answer(socket, ++asked)
    })
  })
  let asked = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of seen) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('Expected a port, got none.')
  return { url: `http://127.0.0.1:${address.port}/`, seen }
}

/** Each piece in a packet of its own, or nearly so. */
async function writePieces(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const end = at + (cuts[index % cuts.length] ?? bytes.length)
    await new Promise((resolve) => socket.write(bytes.subarray(at, end), resolve))
    await new Promise(setImmediate)
    at = end
  }
}

test('a large body comes in whole blocks, over one connection after another request', async () => {
  const object = pseudoRandom(3 * BLOCK_BYTES + 5)
  const connections = new Set<unknown>()
  const url = await serve((request, response) => {
    connections.add(request.socket)
    response.writeHead(206, { 'content-length': object.length, 'x-amz-meta-a': request.headers['x-test'] })
    response.end(object)
  })
  const wires = openWires()
  for (const name of ['first', 'second']) {
    const { status, headers, bytes, pieces } = await get(wires, url, { headers: { 'x-test': name } })
    expect(status).toBe(206)
    expect(headers['x-amz-meta-a']).toBe(name)
    expect(bytes.equals(object)).toBe(true)
    expect(pieces.map(({ length }) => length)).toEqual([BLOCK_BYTES, BLOCK_BYTES, BLOCK_BYTES, 5])
  }
  expect(connections.size).toBe(1)
})

test('whatever the framing, and however the network cuts it, the body is what was sent', async () => {
  const body = fc.uint8Array({ maxLength: 300 })
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
  const framing = fc.constantFrom('length', 'chunked', 'close')
  let sent: { wire: Buffer; cuts: number[]; ends: boolean } = {
    wire: Buffer.alloc(0),
    cuts: [1],
    ends: false,
  }
  const { url } = await serveRaw(async (socket) => {
    const { wire, cuts, ends } = sent
    await writePieces(socket, wire, cuts)
    if (ends) socket.end()
  })
  const wires = openWires()
  await fc.assert(
    fc.asyncProperty(body, framing, sizes, sizes, fc.integer({ min: 1, max: 64 }), async (...drawn) => {
      const [bytes, framing, chunks, cuts, pieceBytes] = drawn
      sent = { wire: answerOf(Buffer.from(bytes), framing, chunks), cuts, ends: framing === 'close' }
      const got = await get(wires, url, { pieceBytes })
      expect(got.bytes).toEqual(Buffer.from(bytes))
      expect(got.keepsAlive).toBe(framing !== 'close')
      expect(got.pieces.every(({ length }) => length <= pieceBytes)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

function answerOf(body: Buffer, framing: 'length' | 'chunked' | 'close', sizes: readonly number[]): Buffer {
  const early = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'
  const head = (header: string) => Buffer.from(`${early}HTTP/1.1 200 OK\r\nEtag: "a"\r\n${header}\r\n`)
  if (framing === 'length') return Buffer.concat([head(`Content-Length: ${body.length}\r\n`), body])
  if (framing === 'close') return Buffer.concat([head(''), body])
  const chunks: Buffer[] = []
  for (let at = 0, index = 0; at < body.length; index++) {
    const chunk = body.subarray(at, at + (sizes[index % sizes.length] ?? 1))
    chunks.push(Buffer.from(`${chunk.length.toString(16).toUpperCase()};a=b\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  const end = Buffer.from('0\r\nx-trailer: 1\r\n\r\n')
  return Buffer.concat([head('Transfer-Encoding: chunked\r\n'), ...chunks, end])
}

test('what arrived before the connection broke is told before the error', async () => {
  const { url } = await serveRaw((socket) => {
    socket.write(`HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\nabcde`, () => socket.destroy())
  })
  const got = await openWires().get(url, {
    ...{ headers: {}, blocks: new Blocks(), signal: new AbortController().signal },
  })
  const pieces = got.body.read()
  expect(String(Buffer.from((await pieces.next()).value ?? []))).toBe('abcde')
  await expect(pieces.next()).rejects.toThrow('hang up')
})

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nabcde'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'an encoding that nobody asked for',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  [
    'a chunk that is longer than it says',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n',
  ],
  ['a header that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n'],
  ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(64 * 1024)}`],
  ['nothing', ''],
])('%s is an error, and the connection is not used again', async (_, answer) => {
  const { url, seen } = await serveRaw((socket, nth) => {
    if (nth > 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    else socket.write(answer, () => answer === '' && socket.end())
    if (nth === 1 && answer === '') socket.end()
  })
  const wires = openWires()
  await expect(get(wires, url)).rejects.toThrow()
  expect(String((await get(wires, url)).bytes)).toBe('ok')
  expect(seen).toHaveLength(2)
})

test('an idle connection that the store closes just as it is asked is replaced without a word', async () => {
  const { url, seen } = await serveRaw((socket, nth) => {
    if (nth === 2) socket.destroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const wires = openWires()
  expect(String((await get(wires, url)).bytes)).toBe('ok')
  expect(String((await get(wires, url)).bytes)).toBe('ok')
  expect(seen).toHaveLength(2)
})

test('an idle connection that the store has closed is no failure of whoever asks next, at any moment of its end', async () => {
  const { url, seen } = await serveRaw((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  )
  const wires = openWires()
  for (let turns = 0; turns < 40; turns++) {
    await get(wires, url)
    seen.at(-1)?.end()
    for (let turn = 0; turn < turns % 8; turn++) await new Promise(setImmediate)
    expect(String((await get(wires, url)).bytes)).toBe('ok')
  }
})

test('bytes that nobody asked for end an idle connection', async () => {
  const { url, seen } = await serveRaw((socket, nth) => {
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${nth === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil' : ''}`,
    )
  })
  const wires = openWires()
  expect(String((await get(wires, url)).bytes)).toBe('ok')
  await once(seen[0] as Socket, 'close')
  expect(String((await get(wires, url)).bytes)).toBe('ok')
  expect(seen).toHaveLength(2)
})

test('who does not take what has arrived holds the connection back', async () => {
  let written = 0
  const { url } = await serveRaw((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${256 * MIB}\r\n\r\n`)
    const block = Buffer.alloc(MIB)
    const more = () => socket.write(block, (error) => error ?? (++written < 256 && more()))
    more()
  })
  const got = await openWires().get(url, {
    ...{ headers: {}, blocks: new Blocks(), signal: new AbortController().signal },
  })
  let told = 0
  const pieces = got.body.read((bytes) => {
    told += bytes
  })
  await pieces.next()
  // Whatever the system's buffers hold is small beside the body.
  for (let quiet = 0, before = -1; quiet < 20; quiet = written === before ? quiet + 1 : 0) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(told).toBeLessThanOrEqual(3 * BLOCK_BYTES)
  expect(written).toBeLessThan(64)
  await pieces.next()
  await expect.poll(() => told).toBeGreaterThan(2 * BLOCK_BYTES)
  got.close()
})

test('a stop ends what is under way, and what has not begun', async () => {
  const { url } = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
  })
  const stop = new AbortController()
  const wires = openWires()
  const got = await wires.get(url, { headers: {}, blocks: new Blocks(), signal: stop.signal })
  const pieces = got.body.read()
  const next = pieces.next()
  stop.abort(new Error('enough'))
  expect((await next).value).toHaveLength(3)
  await expect(pieces.next()).rejects.toThrow('hang up')
  await expect(get(wires, url, { signal: stop.signal })).rejects.toThrow('enough')
})

test('a header that would be two is refused', async () => {
  const { url } = await serveRaw(() => {})
  await expect(get(openWires(), url, { headers: { 'if-match': '"a"\r\nx: y' } })).rejects.toThrow(TypeError)
})
