import { execFile } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { journalLines } from '../../client/journal-lines.ts'
import { fileJournals } from '../../client/node/journal.ts'
import { openJournalFile } from '../../client/node/journal-file.ts'
import type { Journal, JournalEntry } from '../../client/ports.ts'
import { ENDPOINT, partEntry as part, SOURCE_ID, UPLOAD } from './journal-entries.ts'
import { temporaryFolder } from './servers.ts'

test('a journal comes back as it was written, for its endpoint and source alone', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  expect(journal).toMatchObject({ entries: [], setAside: undefined })
  await Promise.all([
    journal.append(UPLOAD, true),
    journal.append(part(1), false),
    journal.append(part(2), false),
  ])
  await journal.append({ type: 'lost', partNumbers: [1] }, false)
  await journal.close()
  expect(await entriesOf(folder)).toEqual([UPLOAD, part(1), part(2), { type: 'lost', partNumbers: [1] }])
  expect(await entriesOf(folder, 'https://other.example')).toEqual([])
  expect(await entriesOf(folder, ENDPOINT, '/home/me/other.mov')).toEqual([])
})

test('a journal is for its owner alone, and only its lock lies beside it', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  await journal.append(UPLOAD, true)
  const path = await pathOf(folder)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'uploads'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'locks'))).mode & 0o777).toBe(0o700)
  expect(await readdir(join(folder, 'locks'))).toHaveLength(2)
  await journal.close()
  expect(await readdir(join(folder, 'locks'))).toEqual(['guard'])
})

test('whatever else an entry brings along, a URL for example, is not written', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  await journal.append(Object.assign({ url: 'https://store.example/?X-Amz-Signature=1' }, UPLOAD), true)
  await journal.close()
  const text = await readFile(await pathOf(folder), 'utf8')
  expect(text).not.toContain('X-Amz')
  expect(Object.keys(JSON.parse(text.slice(9))).toSorted()).toEqual([...Object.keys(UPLOAD), 'v'].toSorted())
})

test('a journal is one upload’s at a time', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  expect(await fileJournals(folder).open(ENDPOINT, SOURCE_ID)).toBeUndefined()
  await journal.close()
  await (await open(folder)).close()
})

test('a source that was never written of leaves no file, and one that was forgotten neither', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  await journal.append(UPLOAD, false)
  await journal.clear()
  expect(await readdir(join(folder, 'uploads'))).toEqual([])
  await journal.append(UPLOAD, true)
  await journal.close()
  expect(await entriesOf(folder)).toEqual([UPLOAD])
  const again = await open(folder)
  await again.clear()
  await again.clear()
  await again.close()
  expect(await entriesOf(folder)).toEqual([])
  expect(await readdir(join(folder, 'uploads'))).toEqual([])
})

test('a torn tail is cut off, and what is appended stands on a line of its own', async () => {
  const folder = await temporaryFolder()
  await write(folder, [UPLOAD, part(1)])
  await appendFile(await pathOf(folder), journalLines.encode(part(2)).subarray(0, -5))
  const journal = await open(folder)
  expect(journal.entries).toEqual([UPLOAD, part(1)])
  await journal.append(part(3), false)
  await journal.close()
  expect(await entriesOf(folder)).toEqual([UPLOAD, part(1), part(3)])
})

test('a journal that cannot be used is set aside, each time under a name of its own, and another begun', async () => {
  const folder = await temporaryFolder()
  for (const round of [1, 2]) {
    await write(folder, [UPLOAD, part(1), part(2)])
    const path = await pathOf(folder)
    const bytes = await readFile(path)
    bytes[100] = 0
    await writeFile(path, bytes)
    const journal = await open(folder)
    expect(journal.entries).toEqual([])
    expect(journal.setAside).toBe(
      `Expected a journal in ${path}, got one that cannot be used: line 1 is damaged, and others follow it. ` +
        `It is kept as ${path}.unreadable-${round}.`,
    )
    expect(await readFile(`${path}.unreadable-${round}`)).toEqual(bytes)
    await journal.append(UPLOAD, true)
    await journal.close()
    expect(await entriesOf(folder)).toEqual([UPLOAD])
    await rm(path)
  }
})

test('where no folder can be made, appending says so', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  const journal = await open(join(folder, 'file'))
  expect(journal).toMatchObject({ entries: [], setAside: undefined })
  await expect(journal.append(UPLOAD, true)).rejects.toThrow(
    /^Expected to keep a journal in .*uploads, could not: /,
  )
  await journal.clear()
  await journal.close()
})

test('a journal that is there and cannot be read is said to be set aside', async () => {
  const folder = await temporaryFolder()
  await write(folder, [UPLOAD])
  const path = await pathOf(folder)
  await rm(path)
  await mkdir(path)
  const journal = await open(folder)
  expect(journal.setAside).toMatch(/^Expected to keep a journal in .*uploads, could not: EISDIR/)
  await expect(journal.append(UPLOAD, true)).rejects.toThrow('EISDIR')
})

test('a journal that was given back takes nothing more', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  await journal.close()
  await journal.close()
  await expect(journal.append(part(1), false)).rejects.toThrow('another may write it now')
  await expect(journal.clear()).rejects.toThrow('another may write it now')
})

test('what could not be written is written with what comes next, in its order', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'later', 'journal')
  const file = await openJournalFile(path)
  await expect(file.append(UPLOAD, true)).rejects.toThrow('ENOENT')
  await expect(file.append(part(1), false)).rejects.toThrow('ENOENT')
  await mkdir(join(folder, 'later'))
  await file.append(part(2), true)
  await file.close()
  expect((await openJournalFile(path)).entries).toEqual([UPLOAD, part(1), part(2)])
})

test('a disk without room is an error of appending', async () => {
  const path = join(await temporaryFolder(), 'journal')
  const file = await openJournalFile(path)
  await symlink('/dev/full', path)
  await expect(file.append(UPLOAD, true)).rejects.toThrow('ENOSPC')
  await rm(path)
  await file.close()
})

test('a line that only a part of fitted is cut off again', async () => {
  const path = join(await temporaryFolder(), 'journal')
  await (await openJournalFile(path)).append(UPLOAD, true)
  const writer = fileURLToPath(new URL('./journal-file-writer.ts', import.meta.url))
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    'ulimit -S -f 4; exec "$0" "$@"',
    process.execPath,
    writer,
    path,
  ])
  const { written, code } = JSON.parse(stdout)
  expect(code).toBe('EFBIG')
  const bytes = await readFile(path)
  const { entries, validBytes } = journalLines.decode(bytes)
  expect(entries).toHaveLength(1 + written)
  expect(validBytes).toBe(bytes.length)
})

async function open(folder: string, endpoint = ENDPOINT, sourceId = SOURCE_ID): Promise<Journal> {
  const journal = await fileJournals(folder).open(endpoint, sourceId)
  if (!journal) throw new Error('The journal is taken.')
  return journal
}

async function write(folder: string, entries: readonly JournalEntry[]): Promise<void> {
  const journal = await open(folder)
  for (const entry of entries) await journal.append(entry, false)
  await journal.close()
}

async function entriesOf(
  folder: string,
  endpoint?: string,
  sourceId?: string,
): Promise<readonly JournalEntry[]> {
  const journal = await open(folder, endpoint, sourceId)
  await journal.close()
  return journal.entries
}

async function pathOf(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'uploads'))
  return join(folder, 'uploads', names.find((name) => name.endsWith('.journal')) ?? '')
}
