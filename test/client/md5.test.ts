import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { BLOCK_BYTES, Blocks } from '../../client/node/blocks.ts'
import { Md5s } from '../../client/node/md5.ts'
import { pseudoRandom } from './servers.ts'

const MIB = 1024 * 1024
const workers = vi.hoisted(() => [] as { terminate(): Promise<number> }[])

vi.mock(import('node:worker_threads'), async (original) => {
  const actual = await original()
  class Watched extends actual.Worker {
    constructor(...args: ConstructorParameters<typeof actual.Worker>) {
      super(...args)
      workers.push(this)
    }
  }
  return { ...actual, Worker: Watched }
})

/** So much was hashed before that the next ones have a thread. */
function busy(): Md5s {
  const md5s = new Md5s()
  const before = md5s.create()
  for (let hashed = 0; hashed < 64 * MIB; hashed += MIB) before.update(Buffer.alloc(MIB))
  return md5s
}

function blockOf(bytes: Buffer): Buffer {
  const block = new Blocks().take().subarray(0, bytes.length)
  bytes.copy(block)
  return block
}

function md5(...pieces: Uint8Array[]): string {
  const hash = createHash('md5')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

const hex = (digest: Uint8Array | undefined) => digest && Buffer.from(digest).toString('hex')

test('a little is hashed where it is, without a thread', () => {
  const hash = new Md5s().create()
  const bytes = pseudoRandom(MIB)
  expect(hash.update(bytes)).toBeUndefined()
  expect(hex(hash.digest())).toBe(md5(bytes))
  expect(workers).toHaveLength(0)
})

test('many hashes at once share a thread, each with several pieces under way, and none mixes with another', async () => {
  const md5s = busy()
  const hashes = Array.from({ length: 5 }, (_, seed) => {
    const pieces = [1, 2, 3].map((nth) => pseudoRandom(BLOCK_BYTES - nth, seed * 3 + nth))
    return { pieces, hash: md5s.create() }
  })
  await Promise.all(hashes.flatMap(({ pieces, hash }) => pieces.map((piece) => hash.update(blockOf(piece)))))
  for (const { pieces, hash } of hashes) expect(hex(hash.digest())).toBe(md5(...pieces))
  expect(hex(md5s.create().digest())).toBe(md5())
  expect(workers).toHaveLength(1)
})

test('what a thread took with it when it died is not known, and what comes after is hashed without one', async () => {
  const md5s = busy()
  const lost = md5s.create()
  await lost.update(pseudoRandom(MIB))
  const update = lost.update(pseudoRandom(MIB))
  await workers.at(-1)?.terminate()
  await update
  await lost.update(pseudoRandom(MIB))
  expect(lost.digest()).toBeUndefined()
  const next = md5s.create()
  const bytes = pseudoRandom(MIB)
  await next.update(bytes)
  expect(hex(next.digest())).toBe(md5(bytes))
})

test('a process waits for what it hashes, and ends when it waits for nothing', async () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../client/node/md5.ts'))
  const program = `
    const { Md5s } = await import(${module})
    const md5s = new Md5s()
    const before = md5s.create()
    for (let index = 0; index < 64; index++) before.update(Buffer.alloc(${MIB}))
    const hash = md5s.create()
    await hash.update(Buffer.from('abc'))
    console.log(Buffer.from(hash.digest()).toString('hex'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  expect(stdout.trim()).toBe(md5(Buffer.from('abc')))
})
