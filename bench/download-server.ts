import { createCipheriv } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { combineCrc } from '../checksums/combine.ts'
import { createCrc } from '../client/node/hashing.ts'

/** `node bench/download-server.ts BYTES`: an object of the same 64 MiB again and again; prints its port and its CRC-32 in base64. */
const size = Number(process.argv[2])
const block = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(
  Buffer.alloc(64 * 1024 * 1024),
)

const server = createServer((request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const [start, end] = first ? [Number(first), Number(last) + 1] : [0, size]
  const range = first ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}
  response.writeHead(first ? 206 : 200, { 'content-length': end - start, ...range })
  const writeFrom = (at: number): unknown => {
    if (at === end) return response.end()
    const from = at % block.length
    const piece = block.subarray(from, Math.min(block.length, from + 1024 * 1024, from + end - at))
    return response.write(piece, (error) => error ?? writeFrom(at + piece.length))
  }
  writeFrom(start)
})

const crc = createCrc('CRC32').update(block).digest()
let whole: Uint8Array = crc
for (let at = block.length; at < size; at += block.length)
  whole = combineCrc('CRC32', whole, crc, block.length)
server.listen(0, '127.0.0.1', () =>
  console.log((server.address() as AddressInfo).port, Buffer.from(whole).toString('base64')),
)
