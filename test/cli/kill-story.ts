import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { routes } from '../../protocol/routes.ts'
import { ask } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openDesk } from './command.ts'

const MIB = 1024 * 1024

export interface KillStory {
  apiUrl: string
  /** Of the file, in MiB. */
  mebibytes: number
  flags: string[]
  kills: number
  /** A run is killed after 1 to so many acknowledged parts. */
  most: number
  seed: number
}

/**
 * One file, sent by runs that are killed as by `kill -9`, until one is not. Holds that every run goes on where the last one stopped,
 * that no part which list-parts had is sent again, and that what comes back are the file's bytes.
 */
export async function tellKillStory({
  apiUrl,
  mebibytes,
  flags,
  kills,
  most,
  seed,
}: KillStory): Promise<void> {
  const desk = await openDesk()
  const file = join(desk.folder, 'film.mov')
  const sha256 = await writePseudoRandom(file, mebibytes, seed)
  const random = numbersFrom(seed)
  const args = ['upload', 'film.mov', '--api', apiUrl, ...flags]

  let held: number[] = []
  for (let kill = 1; kill <= kills; kill++) {
    const after = 1 + Math.floor(random() * most)
    const { code, parts } = await desk.run(args, { KILL_AFTER: String(after) })
    expect(code).toBeUndefined()
    expect(parts.length).toBeGreaterThanOrEqual(after)
    expect(parts.filter((partNumber) => held.includes(partNumber))).toEqual([])
    const now = await listParts(apiUrl)
    expect(now.length).toBeGreaterThanOrEqual(held.length + after)
    held = now
  }

  const last = await desk.run(args)
  expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining('verified by checksum') })
  expect(last.stderr).toContain('going on')
  expect(last.parts.filter((partNumber) => held.includes(partNumber))).toEqual([])

  const key = last.stdout.trim()
  const { url } = await ask(apiUrl, routes.download, { body: { key } })
  expect(await sha256Of(await bodyOf(url))).toBe(sha256)
  const back = await desk.run(['download', key, '--api', apiUrl, '--output', 'back.mov'])
  expect(back).toMatchObject({ code: 0, stdout: `${join(desk.folder, 'back.mov')}\n` })
  expect(await sha256Of(createReadStream(join(desk.folder, 'back.mov')))).toBe(sha256)
}

/** Of the one upload that is unfinished. */
async function listParts(apiUrl: string): Promise<number[]> {
  const { uploads } = await ask(apiUrl, routes['list-uploads'])
  expect(uploads).toHaveLength(1)
  const [{ key, uploadId } = { key: '', uploadId: '' }] = uploads
  const { parts } = await ask(apiUrl, routes['list-parts'], { path: { uploadId }, query: { key } })
  return parts.map(({ partNumber }) => partNumber)
}

export async function writePseudoRandom(path: string, mebibytes: number, seed: number): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, 'w')
  for (let block = 0; block < mebibytes; block++) {
    const bytes = pseudoRandom(MIB, seed + block)
    hash.update(bytes)
    await handle.write(bytes)
  }
  await handle.close()
  return hash.digest('hex')
}

async function bodyOf(url: string): Promise<AsyncIterable<Uint8Array>> {
  const { body, status } = await fetch(url)
  if (!body) throw new Error(`Expected an object, got ${status}.`)
  return body
}

export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** From 0 to 1: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
