import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom } from '../client/servers.ts'
import { openDesk } from './command.ts'

const PARTS = 12
const aws = useLocalAws()

describe('an upload whose process was killed sends no held part again, although its journal', () => {
  test.each<[string, (journal: Buffer) => Buffer, 'gone' | 'set aside']>([
    ['is whole', (journal) => journal, 'gone'],
    ['has a torn tail', (journal) => journal.subarray(0, -7), 'gone'],
    ['is damaged', (journal) => flipped(journal, 200), 'set aside'],
    ['is of another version', ofVersion3, 'set aside'],
  ])('%s', async (_, change, fate) => {
    const { folder, run } = await openDesk()
    await writeFile(join(folder, 'film.mov'), pseudoRandom(PARTS * 5 * 1024 * 1024))
    const args = ['upload', 'film.mov', '--api', aws.apiUrl, '--part-size', '5MiB', '--concurrency', '2']
    expect((await run(args, { KILL_AFTER: '4' })).code).toBeUndefined()
    const held = await listParts()
    expect(held.length).toBeGreaterThanOrEqual(4)

    const uploads = join(folder, '.state', 'uploads')
    const [name = ''] = await readdir(uploads)
    const journal = change(await readFile(join(uploads, name)))
    await writeFile(join(uploads, name), journal)
    const last = await run(args)
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining('verified by checksum') })
    expect(last.parts.filter((partNumber) => held.includes(partNumber))).toEqual([])
    expect(last.parts.length + held.length).toBe(PARTS)
    expect(await readdir(uploads)).toEqual(fate === 'gone' ? [] : [`${name}.unreadable-1`])
  })
})

/** Of the one upload that is unfinished. */
async function listParts(): Promise<number[]> {
  const { uploads } = await ask(aws.apiUrl, routes['list-uploads'])
  expect(uploads).toHaveLength(1)
  const [{ key, uploadId } = { key: '', uploadId: '' }] = uploads
  const { parts } = await ask(aws.apiUrl, routes['list-parts'], { path: { uploadId }, query: { key } })
  return parts.map(({ partNumber }) => partNumber)
}

function flipped(journal: Buffer, at: number): Buffer {
  journal[at] = (journal[at] ?? 0) ^ 1
  return journal
}

function ofVersion3(journal: Buffer): Buffer {
  const [first = '', ...rest] = journal.toString().split('\n')
  const json = first.slice(9).replace('"v":2', '"v":3')
  const crc = toHex(createCrc('CRC32').update(Buffer.from(json)).digest())
  return Buffer.from([`${crc} ${json}`, ...rest].join('\n'))
}
