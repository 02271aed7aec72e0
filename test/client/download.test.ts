import { spawnSync } from 'node:child_process'
import { lstat, readdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  BusyError,
  FileExistsError,
  FolderMissingError,
  FolderTakenError,
  ForeignPartFileError,
  IntegrityError,
  NotRegularFileError,
  ObjectChangedError,
  StoreError,
} from '../../client/node/index.ts'
import { bytesOf, MIB, openSetting, type Setting } from './download-setting.ts'
import { HandClock } from './hand-clock.ts'
import { pseudoRandom } from './servers.ts'

test('an object comes back whole, in ranges, under its own name, verified by checksum', async () => {
  const { object, folder, ranges, begin, signatures } = await openSetting()
  const run = begin()
  const result = await run.result
  expect(result).toMatchObject({ path: join(folder, 'film.mov'), size: object.length, verified: 'checksum' })
  expect((await readFile(result.path)).equals(object)).toBe(true)
  expect(ranges).toHaveLength(5)
  expect(signatures()).toBe(1)
  expect(await readdir(folder)).toEqual(['film.mov'])
  expect(run.snapshot()).toMatchObject({ bytesReceived: object.length, size: object.length, eta: 0 })
})

test('an empty object comes back without a range', async () => {
  const { ranges, begin } = await openSetting({ object: Buffer.alloc(0) })
  const { path, verified } = await begin().result
  expect(await readFile(path)).toHaveLength(0)
  expect(verified).toBe('checksum')
  expect(ranges).toEqual([])
})

test('a range whose connection breaks goes on where it broke', async () => {
  let broken = false
  const { object, ranges, begin } = await openSetting({
    object: pseudoRandom(4 * MIB),
    answer: { partSize: 4 * MIB },
    trouble(_, response) {
      if (broken) return false
      broken = true
      response.writeHead(206, {
        'content-range': `bytes 0-${4 * MIB - 1}/${4 * MIB}`,
        'content-length': 4 * MIB,
      })
      response.write(object.subarray(0, 2 * MIB), () => response.socket?.end())
      return true
    },
  })
  const { path, verified } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(verified).toBe('checksum')
  expect(ranges).toEqual([`bytes=0-${4 * MIB - 1}`, `bytes=${2 * MIB}-${4 * MIB - 1}`])
})

test('so does one whose answer ends too soon without a word', async () => {
  const { object, ranges, begin } = await openSetting({
    object: pseudoRandom(4 * MIB),
    answer: { partSize: 4 * MIB },
    trouble(_, response, nth) {
      if (nth > 1) return false
      response.writeHead(206, { 'content-range': `bytes 0-${4 * MIB - 1}/${4 * MIB}` })
      response.end(object.subarray(0, 3 * MIB))
      return true
    },
  })
  const { path } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(ranges[1]).toBe(`bytes=${3 * MIB}-${4 * MIB - 1}`)
})

test('one that has more bytes than were asked for is refused', async () => {
  const { begin, folder } = await openSetting({
    trouble(request, response) {
      const { first, end } = bytesOf(request.headers.range ?? '')
      response.writeHead(206, { 'content-range': `bytes ${first}-${end - 1}/${5 * MIB + 3}` })
      response.end(Buffer.alloc(end - first + 1))
      return true
    },
  })
  await expect(begin({ concurrency: 1 }).result).rejects.toThrow(StoreError)
  expect(await readdir(folder)).not.toContain('film.mov')
})

test('a refused URL is signed again, once for all lanes', async () => {
  const { object, begin, signatures } = await openSetting({
    trouble(request, response) {
      if (!request.url?.endsWith('=1')) return false
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
      return true
    },
  })
  const { path } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(signatures()).toBe(2)
})

test('a busy store is asked again', async () => {
  const { object, begin } = await openSetting({
    trouble(_, response, nth) {
      if (nth > 3) return false
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
      return true
    },
  })
  const { path } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
})

test.each([
  ['another object under the key', { answer: { etag: 'new' } }, ObjectChangedError],
  [
    'other bytes than the checksum says',
    { answer: { checksum: { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' } } },
    IntegrityError,
  ],
  [
    'a store that says no',
    {
      trouble: (_: unknown, response: ServerResponse): boolean => {
        response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
        return true
      },
    },
    StoreError,
  ],
  [
    'a store that sends another range',
    {
      trouble: (_: unknown, response: ServerResponse): boolean => {
        response.writeHead(206, { 'content-range': 'bytes 7-8/9' }).end('xx')
        return true
      },
    },
    StoreError,
  ],
] as const)('%s leaves nothing behind', async (_, trouble, error) => {
  const { folder, begin } = await openSetting(trouble as Setting)
  await expect(begin().result).rejects.toThrow(error)
  expect(await readdir(folder)).toEqual([])
})

test('who is made to wait by a bandwidth limit does not stall, however many lanes share it', async () => {
  const clock = new HandClock()
  const { begin } = await openSetting({
    object: pseudoRandom(MIB / 4),
    ports: { clock, pace: async () => clock.pass(150), timing: { stallMs: 50 } },
  })
  const stop = new AbortController()
  const run = begin({ signal: stop.signal })
  run.on('retry', ({ error }) => stop.abort(error))
  await run.result
  expect(run.snapshot().retries).toBe(0)
})

test('a file of that name is never replaced without being told', async () => {
  const { object, folder, ranges, begin } = await openSetting()
  const path = join(folder, 'film.mov')
  await writeFile(path, 'mine')
  await expect(begin().result).rejects.toThrow(FileExistsError)
  expect(ranges).toEqual([])
  expect(await readFile(path, 'utf8')).toBe('mine')
  await begin({ replace: true }).result
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('a journal that a kill left beside a file that has its name goes, a strange file of its name stays', async () => {
  const { folder, beginAndStop, begin } = await openSetting()
  await beginAndStop(MIB)
  const journal = join(folder, 'film.mov.part.journal')
  await rename(join(folder, 'film.mov.part'), join(folder, 'film.mov'))
  await expect(begin().result).rejects.toThrow(FileExistsError)
  expect(await readdir(folder)).toEqual(['film.mov'])
  await writeFile(journal, 'mine')
  await expect(begin().result).rejects.toThrow(FileExistsError)
  expect(await readFile(journal, 'utf8')).toBe('mine')
})

test('nor one that comes while the download is under way; what was received is kept for whoever may', async () => {
  const { object, folder, ranges, begin } = await openSetting()
  const path = join(folder, 'film.mov')
  const run = begin()
  run.on('started', () => void writeFile(path, 'mine', { flag: 'wx' }))
  await expect(run.result).rejects.toThrow(FileExistsError)
  expect(await readFile(path, 'utf8')).toBe('mine')
  const asked = ranges.length
  expect(await begin({ replace: true }).result).toMatchObject({ bytesTransferred: 0, verified: 'checksum' })
  expect(ranges).toHaveLength(asked)
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(await readdir(folder)).toEqual(['film.mov'])
})

test.each([false, true])(
  'of two downloads to one path, one is told at once (replace: %s)',
  async (replace) => {
    const { object, folder, begin } = await openSetting()
    const runs = [begin({ replace }), begin({ replace })]
    const outcomes = await Promise.allSettled(runs.map((run) => run.result))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: expect.any(BusyError),
    })
    expect((await readFile(join(folder, 'film.mov'))).equals(object)).toBe(true)
    expect(await readdir(folder)).toEqual(['film.mov'])
  },
)

test('of two that know nothing of each other’s locks, as on two machines, the first makes way', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const first = await openSetting({ ports: { pace: () => gates[0].promise } })
  const object = pseudoRandom(4 * MIB, 2)
  const second = await openSetting({ object, etag: 'def', ports: { pace: () => gates[1].promise } })
  const output = join(first.folder, 'film.mov')
  const runs = [first.begin({ output })]
  await new Promise((resolve) => runs[0]?.on('started', resolve))
  runs.push(second.begin({ output }))
  await new Promise((resolve) => runs[1]?.on('started', resolve))
  gates[0].resolve()
  await expect(runs[0]?.result).rejects.toThrow(BusyError)
  expect(await readdir(first.folder)).not.toContain('film.mov')
  gates[1].resolve()
  await runs[1]?.result
  expect((await readFile(output)).equals(object)).toBe(true)
})

test.each([
  ['', false, []],
  [', even if the file may be replaced', true, []],
  [' beside the journal of a run that was killed before it began', false, ['film.mov.part.journal']],
])('a part file of somebody else’s%s is left alone', async (_, replace, others) => {
  const { folder, ranges, begin } = await openSetting()
  await writeFile(join(folder, 'film.mov.part'), 'mine')
  for (const name of others) await writeFile(join(folder, name), '')
  await expect(begin({ replace }).result).rejects.toThrow(ForeignPartFileError)
  expect(ranges).toEqual([])
  expect(await readdir(folder)).toEqual(['film.mov.part', ...others])
  expect(await readFile(join(folder, 'film.mov.part'), 'utf8')).toBe('mine')
})

test('a run that was killed before the first line of its journal is begun again without a word', async () => {
  const { folder, begin } = await openSetting()
  await writeFile(join(folder, 'film.mov.part'), '')
  await truncate(join(folder, 'film.mov.part'), 5 * MIB + 3)
  await writeFile(join(folder, 'film.mov.part.journal'), '')
  const run = begin()
  const restarts: unknown[] = []
  run.on('restarted', (event) => restarts.push(event))
  await run.result
  expect(restarts).toEqual([])
  expect(await readdir(folder)).toEqual(['film.mov'])
})

test('of a link, the file that it leads to is replaced', async () => {
  const { object, folder, begin } = await openSetting()
  const [link, file] = [join(folder, 'film.mov'), join(folder, 'elsewhere.mov')]
  await writeFile(file, 'old')
  await symlink(file, link)
  await begin({ replace: true }).result
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect((await readFile(file)).equals(object)).toBe(true)
})

test('a device, or a link to one or to nothing, is not replaced', async () => {
  const { folder, ranges, begin } = await openSetting()
  const [pipe, link, loose] = ['pipe', 'link', 'loose'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  await symlink(pipe, link)
  await symlink(join(folder, 'nothing'), loose)
  for (const output of [pipe, link, loose]) {
    await expect(begin({ output, replace: true }).result).rejects.toThrow(NotRegularFileError)
  }
  expect(ranges).toEqual([])
  expect((await readdir(folder)).sort()).toEqual(['link', 'loose', 'pipe'])
  expect((await lstat(pipe)).isFIFO()).toBe(true)
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\film.mov', 'film.mov'],
  ['..', 'download'],
  ['', 'download'],
])('the name %j becomes %s in the folder asked for', async (fileName, expected) => {
  const { folder, begin } = await openSetting({ object: Buffer.from('x'), answer: { fileName } })
  expect(await begin().result).toMatchObject({ path: join(folder, expected) })
})

test.each([
  ['a/two\nlines/copy.mov', 'a/two\nlines/copy.mov'],
  ['a/b/', 'a/b/film.mov'],
  ['copy.mov', 'copy.mov'],
])('with folders made on the way, the output %j is the file %j', async (output, expected) => {
  const { object, folder, begin } = await openSetting()
  const path = join(folder, expected)
  for (const replace of [false, true]) {
    const options = { output: `${folder}/${output}`, createFolders: true, replace }
    expect(await begin(options).result).toMatchObject({ path })
  }
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('no folder is made unless it is asked for, nor for an object that there is not', async () => {
  const { folder, ranges, begin } = await openSetting()
  const output = join(folder, 'a', 'film.mov')
  await expect(begin({ output }).result).rejects.toThrow(FolderMissingError)
  await expect(begin({ output, createFolders: true, range: { start: 2 ** 40 } }).result).rejects.toThrow()
  expect(ranges).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

test('a file where a folder is to be made, or a folder where the file is to be, is told', async () => {
  const { folder, ranges, begin } = await openSetting()
  await writeFile(join(folder, 'a'), 'mine')
  for (const output of ['a/film.mov', 'a/b/film.mov', 'a/']) {
    const run = begin({ output: `${folder}/${output}`, createFolders: true })
    await expect(run.result).rejects.toThrow(FolderTakenError)
  }
  await expect(begin({ output: folder, createFolders: true }).result).rejects.toThrow(NotRegularFileError)
  expect(ranges).toEqual([])
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine')
})

test.each([
  ['of 255 bytes', `${'x'.repeat(251)}.mov`],
  ['of 243 bytes, one more than its journal leaves room for', 'y'.repeat(243)],
  ['of many bytes a character', '映'.repeat(85)],
])('a name %s is as good as any other, and goes on after a stop', async (_, fileName) => {
  const { object, folder, begin, beginAndStop } = await openSetting({ answer: { fileName } })
  const run = await beginAndStop(2 * MIB)
  for (const name of await readdir(folder)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
  const { path, bytesResumed } = await begin().result
  expect({ path, bytesResumed }).toEqual({
    path: join(folder, fileName),
    bytesResumed: run.snapshot().bytesReceived,
  })
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(await readdir(folder)).toEqual([fileName])
})

test('where there can be no locks, it says how to move them, and leaves nothing behind', async () => {
  const { folder, begin } = await openSetting({ ports: { locks: '/dev/null/locks' } })
  await expect(begin().result).rejects.toThrow(
    /^Expected to keep locks in \/dev\/null\/locks, could not: ENOTDIR.* Set PARTWAY_STATE to a folder that can be written\.$/,
  )
  expect(await readdir(folder)).toEqual([])
})

test('stopped before anything has arrived, it leaves nothing behind', async () => {
  const stop = new AbortController()
  const { folder, begin } = await openSetting({
    trouble(_, response) {
      response.writeHead(206, { 'content-range': 'bytes 0-9/10' })
      stop.abort(new Error('Enough.'))
      return true
    },
  })
  const run = begin({ signal: stop.signal })
  await expect(run.result).rejects.toMatchObject({ name: 'AbortedError', resumable: true })
  expect(run.snapshot()).toMatchObject({ state: 'resumable', error: { name: 'AbortedError' } })
  expect(await readdir(folder)).toEqual([])
})

test.each([0, -1, 1.5, Number.NaN])('a concurrency of %d is refused', async (concurrency) => {
  const { begin } = await openSetting()
  expect(() => begin({ concurrency })).toThrow(RangeError)
})
