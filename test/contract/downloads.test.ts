import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, onTestFinished } from 'vitest'
import { createS3Client, relativePathOf, type S3Client } from '../../client/node/index.ts'
import { ODD_KEYS } from '../client/odd-keys.ts'
import { pseudoRandom } from '../client/servers.ts'
import { contract } from './contract.ts'
import type { Target } from './target.ts'

/** What the client's downloads rely on: ranges, If-Match, ETags and listings. */

const MIB = 1024 * 1024
const FILM = pseudoRandom(21 * MIB + 5)
const { signal } = new AbortController()

async function openDesk({ engine, s3, Bucket }: Target): Promise<{ client: S3Client; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-downloads-'))
  const { endpoint, region, credentials } = engine
  const state = join(folder, '.state')
  const client = createS3Client({ bucket: Bucket, endpoint, region, credentials, state })
  onTestFinished(async () => {
    client.close()
    await rm(folder, { recursive: true })
  })
  await s3.putObject({ Bucket, Key: 'film.mov', Body: FILM })
  return { client, folder }
}

function collector() {
  const chunks: Buffer[] = []
  const writable = new Writable({
    write(chunk, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { writable, bytes: () => Buffer.concat(chunks) }
}

contract(
  'an object comes back into a file and into a stream, compared with what the store tells',
  async (target) => {
    const { client, folder } = await openDesk(target)
    const { path, verified } = await client.download('film.mov', { output: join(folder, 'back.mov') }).result
    expect(verified).not.toBe('size')
    expect((await readFile(path)).equals(FILM)).toBe(true)
    const { writable, bytes } = collector()
    expect((await client.downloadStream('film.mov', writable).result).verified).toBe(verified)
    expect(bytes().equals(FILM)).toBe(true)
  },
)

contract('so does a range of it', async (target) => {
  const { client, folder } = await openDesk(target)
  const range = { start: MIB - 3, end: 18 * MIB }
  const { path } = await client.download('film.mov', { output: join(folder, 'back.mov'), range }).result
  expect((await readFile(path)).equals(FILM.subarray(range.start, range.end))).toBe(true)
  const { writable, bytes } = collector()
  await client.downloadStream('film.mov', writable, { range: { start: -7 } }).result
  expect(bytes().equals(FILM.subarray(-7))).toBe(true)
})

contract('all below a prefix comes back into files of their own names', async (target) => {
  const { client, folder } = await openDesk(target)
  const { s3, Bucket } = target
  for (const Key of ODD_KEYS) await s3.putObject({ Bucket, Key, Body: Key })
  const out = join(folder, 'out')
  const { objects } = await client.api.listObjects({ prefix: 'odd/' }, signal)
  for (const { key } of objects) {
    const output = join(out, relativePathOf(key, 'odd/'))
    const { path } = await client.download(key, { output, createFolders: true }).result
    expect({ path, text: await readFile(path, 'utf8') }).toEqual({ path: output, text: key })
  }
  expect((await readdir(out)).length).toBe(ODD_KEYS.length)
  expect(dirname(join(out, relativePathOf('odd/../x', 'odd/')))).toBe(out)
})
