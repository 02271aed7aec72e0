import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type Crc, createCrc } from '../checksums/crc.ts'
import { BLOCK_BYTES } from '../client/node/blocks.ts'
import { answerTo, type Connections, readText } from '../client/node/http.ts'
import type { FileSlice } from '../client/node/source.ts'
import type { PartTransport } from '../client/ports.ts'

/**
 * The contestant that computes the CRC64NVME of all lanes in one thread of its own, over blocks of memory that both share. As
 * client/node/transport.ts otherwise, without what makes that robust.
 */
export function threadedTransport(connections: Connections): {
  transport: Pick<PartTransport<FileSlice>, 'put'>
  close(): void
} {
  const worker = new Worker(import.meta.filename)
  const replies = new Map<number, (crc: Uint8Array | undefined) => void>()
  worker.on('message', ({ order, crc }: Reply) => {
    replies.get(order)?.(crc)
    replies.delete(order)
  })
  let orders = 0
  const ask = (rest: Omit<Order, 'order'>) =>
    new Promise<Uint8Array | undefined>((resolve) => {
      replies.set(orders, resolve)
      worker.postMessage({ order: orders++, ...rest } satisfies Order)
    })
  let parts = 0
  const free: Buffer[] = []
  const take = () => free.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES))

  return {
    transport: {
      async put({ url, body, signal }) {
        const request = connections.request(url, {
          method: 'PUT',
          headers: { 'content-length': String(body.size) },
        })
        const answered = answerTo(request, signal)
        const part = parts++
        const pair = [take(), take()] as const
        const hashed: [unknown, unknown] = [undefined, undefined]
        let writing: Promise<void> = Promise.resolve()
        for (let at = 0, turn: 0 | 1 = 0; at < body.size; turn = turn === 0 ? 1 : 0) {
          await hashed[turn]
          const bytes = pair[turn].subarray(0, Math.min(BLOCK_BYTES, body.size - at))
          await body.read(bytes, at)
          hashed[turn] = ask({ part, block: pair[turn].buffer as SharedArrayBuffer, length: bytes.length })
          await writing
          at += bytes.length
          writing = new Promise((resolve, reject) => {
            request.write(bytes, (error) => (error ? reject(error) : resolve()))
          })
        }
        await writing
        request.end()
        const crc = await ask({ part })
        free.push(...pair)
        const answer = await answered
        return { status: answer.statusCode ?? 0, crc, body: await readText(answer, signal) }
      },
    },
    close() {
      worker.unref()
      connections.close()
    },
  }
}

/** Without a block, the part's end. */
interface Order {
  order: number
  part: number
  block?: SharedArrayBuffer
  length?: number
}

interface Reply {
  order: number
  crc: Uint8Array | undefined
}

if (!isMainThread) {
  const crcs = new Map<number, Crc>()
  parentPort?.on('message', ({ order, part, block, length }: Order) => {
    const crc = crcs.get(part) ?? createCrc('CRC64NVME')
    crcs.set(part, crc)
    if (block) crc.update(new Uint8Array(block, 0, length))
    else crcs.delete(part)
    parentPort?.postMessage({ order, crc: block ? undefined : crc.digest() } satisfies Reply)
  })
}
