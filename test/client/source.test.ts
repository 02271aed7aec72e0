import {
  appendFile,
  chmod,
  link,
  mkdir,
  open,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { SourceChangedError } from '../../client/errors.ts'
import { compareIdentity } from '../../client/identity.ts'
import { type FileSource, openFile } from '../../client/node/source.ts'
import { temporaryFolder } from './servers.ts'

const { signal } = new AbortController()
const CONTENT = Buffer.from('0123456789')
/** A whole second, which can be put back. */
const THEN = new Date('2026-11-21T10:00:00Z')

test('a file’s identity is its size, its times in ns and its inode', async () => {
  const { source, path } = await film()
  const stats = await stat(path, { bigint: true })
  expect(await source.identify(signal)).toEqual({
    size: '10',
    changed: '2026-11-21T10:00:00.000000000Z',
    touched: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
    inode: String(stats.ino),
  })
  expect(await source.verify()).toBe('same')
})

test('a file has its own name, or the relative path and the type that it is given', async () => {
  const { path } = await film()
  const given = await openFile(path, { name: 'films/a b.mov', contentType: 'video/quicktime' })
  onTestFinished(() => given.close())
  expect(given).toMatchObject({ name: 'films/a b.mov', contentType: 'video/quicktime', id: path })
  const own = await openFile(path)
  onTestFinished(() => own.close())
  expect(own).toMatchObject({ name: 'film.mov', contentType: undefined, id: path })
})

test.each(['', '\ud800.mov'])('a file cannot be called %j', async (name) => {
  const { path } = await film()
  await expect(openFile(path, { name })).rejects.toThrow(/^Expected a name for the file/)
})

describe('what a rename changes as well as an edit that hides itself is told once', () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ['new permissions', (path) => chmod(path, 0o600)],
    ['another name beside its own', (path) => link(path, `${path}.link`)],
    [
      'another name for a while',
      (path) => rename(path, `${path}.away`).then(() => rename(`${path}.away`, path)),
    ],
    ['other bytes with its time put back', (path) => edit(path).then(() => utimes(path, THEN, THEN))],
  ])('%s', async (_, touch) => {
    const { source, path } = await film()
    const before = await source.identify(signal)
    await touch(path)
    expect(await source.verify()).toBe('touched')
    expect(await source.verify()).toBe('same')
    expect(compareIdentity('film.mov', before, await source.identify(signal))).toBe('touched')
  })
})

test('of several that ask at once, one hears of it', async () => {
  const { source, path } = await film()
  await chmod(path, 0o600)
  const answers = await Promise.all([source.verify(), source.verify(), source.verify()])
  expect(answers.toSorted()).toEqual(['same', 'same', 'touched'])
})

describe('a changed file is told apart', () => {
  test.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['shorter', (path) => truncate(path, 5), /size was 10, is 5; changed was .*, is /],
    ['longer', (path) => appendFile(path, 'x'), /size was 10, is 11; changed was .*, is /],
    ['edited', edit, /got another: changed was 2026-11-21T10:00:00\.000000000Z, is [^;]*$/],
    ['deleted', (path) => rm(path), /^Expected film\.mov where it was, got no file there\. Put it back, /],
    ['replaced', replace, /got another: inode was \d+, is \d+\./],
    [
      'in a folder that is gone',
      (path) => rename(join(path, '..'), join(path, '../../gone')),
      /got no file there/,
    ],
  ])('%s', async (_, change, message) => {
    const { source, path } = await film()
    await change(path)
    await expect(source.verify()).rejects.toThrow(SourceChangedError)
    await expect(source.verify()).rejects.toThrow(message)
  })
})

test('a file that becomes shorter while it is read gives no bytes that are not its own', async () => {
  const { source, path } = await film()
  await truncate(path, 5)
  const buffer = Buffer.alloc(10)
  await expect(source.slice(0, 10).read(buffer, 0)).rejects.toThrow(
    'Expected film.mov to reach to byte 10, got its end at 5: it has become shorter.',
  )
  await expect(source.crc('CRC64NVME', 0, 10, signal)).rejects.toThrow(SourceChangedError)
})

test('a file that lost its name can be read to its end, and is not taken for one that is there', async () => {
  const { source, path } = await film()
  await rm(path)
  expect(await source.crc('CRC32', 0, 10, signal)).toEqual(createCrc('CRC32').update(CONTENT).digest())
  await expect(source.verify()).rejects.toThrow(SourceChangedError)
})

test('an edit in the same moment in which the file was opened shows', async () => {
  const path = join(await temporaryFolder(), 'film.mov')
  for (let time = 0; time < 10; time++) {
    await writeFile(path, CONTENT)
    const source = await openFile(path)
    // Some kernels give a later edit another time only after a tick.
    expect(Date.now() - (await stat(path)).ctimeMs).toBeGreaterThan(19)
    await edit(path)
    await expect(source.verify()).rejects.toThrow(SourceChangedError)
    await source.close()
  }
})

test('a second edit in the same moment as the first, both with the time put back, shows', async () => {
  const { source, path } = await film()
  for (let time = 0; time < 10; time++) {
    await edit(path).then(() => utimes(path, THEN, THEN))
    expect(await source.verify()).toBe('touched')
    expect(Date.now() - (await stat(path)).ctimeMs).toBeGreaterThan(19)
  }
})

test('a file that is written all the time can be opened, and is not the same', async () => {
  const path = join(await temporaryFolder(), 'log')
  const log = await open(path, 'a')
  let writing = true
  const written = (async () => {
    while (writing) await log.write('line\n')
  })()
  const source = await openFile(path)
  await expect(source.verify()).rejects.toThrow('size was')
  writing = false
  await written
  await log.close()
  await source.close()
})

async function film(): Promise<{ source: FileSource; path: string }> {
  const folder = join(await temporaryFolder(), 'folder')
  const path = join(folder, 'film.mov')
  await mkdir(folder)
  await writeFile(path, CONTENT)
  await utimes(path, THEN, THEN)
  const source = await openFile(path)
  onTestFinished(() => source.close())
  return { source, path }
}

/** In place, to the same size. */
async function edit(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  await handle.write('x', 3)
  await handle.close()
}

/** By another file of the same size and time. */
async function replace(path: string): Promise<void> {
  await writeFile(`${path}.new`, CONTENT)
  await utimes(`${path}.new`, THEN, THEN)
  await rename(`${path}.new`, path)
}
