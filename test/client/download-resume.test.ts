import {
  chmod,
  link,
  lstat,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BLOCK_BYTES } from '../../client/node/blocks.ts'
import {
  AbortedError,
  DiskFullError,
  type Download,
  FileExistsError,
  IntegrityError,
  NotRegularFileError,
  ObjectChangedError,
  StoreError,
} from '../../client/node/index.ts'

import { bytesOf, damage, flipByte, MIB, openSetting, type Setting } from './download-setting.ts'
import { pseudoRandom } from './servers.ts'

/** A download that was stopped after 2 MiB. */
async function stopped(setting: Setting = {}) {
  const opened = await openSetting(setting)
  const run = await opened.beginAndStop(2 * MIB)
  const part = join(opened.folder, 'film.mov.part')
  const { bytesReceived: kept } = run.snapshot()
  expect(run.snapshot().state).toBe('resumable')
  expect(await readdir(opened.folder)).toEqual(['film.mov.part', 'film.mov.part.journal'])
  opened.ranges.length = 0
  return { ...opened, kept, part, journal: `${part}.journal`, path: join(opened.folder, 'film.mov') }
}

/** Some milliseconds are one moment to the file system: until it is over, the journal may have been written to just as late. */
async function touch(part: string): Promise<void> {
  const { ctimeNs } = await lstat(`${part}.journal`, { bigint: true })
  do await chmod(part, 0o600)
  while ((await lstat(part, { bigint: true })).ctimeNs <= ctimeNs)
}

function follow(run: Download) {
  const told: { bytes?: number; reason?: string; states: string[] } = { states: [] }
  run.on('resumed', ({ bytes }) => {
    told.bytes = bytes
  })
  run.on('restarted', ({ reason }) => {
    told.reason = reason
  })
  run.on('state', ({ state }) => told.states.push(state))
  return told
}

describe('a download that was stopped', () => {
  test('goes on with the first byte that is missing, and reads nothing a second time', async () => {
    const { object, folder, ranges, begin, kept, path } = await stopped()
    expect(kept).toBeGreaterThanOrEqual(2 * MIB)
    const run = begin()
    const told = follow(run)
    expect(await run.result).toMatchObject({
      verified: 'checksum',
      downgraded: undefined,
      bytesResumed: kept,
      bytesTransferred: object.length - kept,
    })
    expect(told).toEqual({ bytes: kept, states: ['downloading', 'completing', 'done'] })
    expect(bytesOf(ranges[0] ?? '').first).toBe(kept)
    const asked = ranges.map(bytesOf).reduce((sum, { first, end }) => sum + end - first, 0)
    expect(asked).toBe(object.length - kept)
    expect((await readFile(path)).equals(object)).toBe(true)
    expect(await readdir(folder)).toEqual(['film.mov'])
  })

  test('is kept where somebody on the way to the store answers that there is nothing', async () => {
    let lost = true
    const { object, begin, beginAndStop } = await openSetting({
      trouble(_, response, nth) {
        if (nth < 4 || !lost) return false
        response.writeHead(404).end('<html>No such page.</html>')
        return true
      },
    })
    await beginAndStop(2 * MIB)
    await expect(begin({ concurrency: 1 }).result).rejects.toThrow(StoreError)
    lost = false
    const { bytesResumed, path } = await begin().result
    expect(bytesResumed).toBeGreaterThanOrEqual(2 * MIB)
    expect((await readFile(path)).equals(object)).toBe(true)
  })

  test('goes on where a kill tore the last line of its journal', async () => {
    const { object, begin, kept, journal, path } = await stopped()
    await writeFile(journal, '0badcafe {"type":"span","sta', { flag: 'a' })
    const run = begin()
    const told = follow(run)
    await run.result
    expect(told.bytes).toBe(kept)
    expect((await readFile(path)).equals(object)).toBe(true)
  })

  test('of a MiB at most is received again, which costs less than to write down what is there', async () => {
    const { object, folder, begin, beginAndStop } = await openSetting({ object: pseudoRandom(MIB) })
    await beginAndStop(BLOCK_BYTES)
    const journal = await readFile(join(folder, 'film.mov.part.journal'), 'utf8')
    expect(journal.trim().split('\n')).toEqual([expect.stringContaining('"type":"download"')])
    const run = begin()
    const told = follow(run)
    expect(await run.result).toMatchObject({ verified: 'checksum', bytesResumed: 0 })
    expect(told).toMatchObject({ states: ['downloading', 'completing', 'done'] })
    expect(await readdir(folder)).toEqual(['film.mov'])
    expect((await readFile(join(folder, 'film.mov'))).equals(object)).toBe(true)
  })

  test('goes on twice, each time from where it was', async () => {
    const { object, begin, beginAndStop, kept, path } = await stopped()
    const second = await beginAndStop(kept + MIB)
    expect(second.snapshot().bytesResumed).toBe(kept)
    expect(await begin().result).toMatchObject({ bytesResumed: second.snapshot().bytesReceived })
    expect((await readFile(path)).equals(object)).toBe(true)
  })
})

describe('what is there does not count, and the reason is told, where', () => {
  type Stopped = Awaited<ReturnType<typeof stopped>>
  const damages: [string, RegExp, (setting: Stopped) => Promise<unknown>][] = [
    ['its journal is damaged', /journal is damaged, line 1/, ({ journal }) => flipByte(journal, 20)],
    ['the part file is gone', /not there any more/, ({ part }) => rm(part)],
    ['the part file is shorter', /has 7 bytes by now/, ({ part }) => truncate(part, 7)],
    [
      'the part file is another one',
      /not there any more/,
      async ({ part }) => {
        await writeFile(`${part}.copy`, await readFile(part))
        await rename(`${part}.copy`, part)
      },
    ],
    [
      'the object has changed since',
      /has changed since/,
      async ({ store }) => {
        store.object = pseudoRandom(6 * MIB, 9)
        store.etag = 'def'
      },
    ],
    [
      'the part file is a link',
      /not there any more/,
      async ({ part, folder }) => {
        await rename(part, join(folder, 'elsewhere'))
        await symlink('elsewhere', part)
      },
    ],
  ]

  test.each(damages)('%s', async (_, reason, damage) => {
    const setting = await stopped()
    await damage(setting)
    const run = setting.begin()
    const told = follow(run)
    const { size, bytesTransferred, verified } = await run.result
    expect(told.reason).toMatch(reason)
    expect(told.bytes).toBeUndefined()
    expect({ bytesTransferred, verified }).toEqual({ bytesTransferred: size, verified: 'checksum' })
    expect((await readFile(setting.path)).equals(setting.store.object)).toBe(true)
    expect((await readdir(setting.folder)).filter((name) => name !== 'elsewhere')).toEqual(['film.mov'])
  })
})

test('a download that began anew can be stopped and gone on with, too', async () => {
  const { store, begin, beginAndStop, path } = await stopped()
  store.object = pseudoRandom(6 * MIB, 9)
  store.etag = 'def'
  const anew = await beginAndStop(2 * MIB)
  expect(anew.snapshot()).toMatchObject({ state: 'resumable', bytesResumed: 0 })
  const run = begin()
  const told = follow(run)
  expect(await run.result).toMatchObject({ verified: 'checksum' })
  expect(told.bytes).toBeGreaterThanOrEqual(2 * BLOCK_BYTES)
  expect(told.reason).toBeUndefined()
  expect((await readFile(path)).equals(store.object)).toBe(true)
})

test('what arrives damaged after it went on does not get the name, and is not gone on with', async () => {
  let damages = 0
  const { object, folder, begin, path, ranges } = await stopped({
    trouble: (request, response) => damages > 0 && damage(object, request, response),
  })
  damages = Number.POSITIVE_INFINITY
  await expect(begin().result).rejects.toThrow(IntegrityError)
  expect(ranges.length).toBeGreaterThan(5)
  expect(await readdir(folder)).toEqual([])
  damages = 0
  expect(await begin().result).toMatchObject({ bytesResumed: 0 })
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('a bit that flips on the way has the download begin anew by itself, once, and it finishes', async () => {
  const { object, folder, ranges, begin } = await openSetting({
    trouble: (request, response, nth) => nth === 2 && damage(object, request, response),
  })
  const run = begin()
  const told = follow(run)
  const { path, bytesTransferred } = await run.result
  expect(told).toEqual({
    reason: 'what is there is not what the store holds',
    states: ['downloading', 'completing', 'planned', 'downloading', 'completing', 'done'],
  })
  expect(bytesTransferred).toBe(2 * object.length)
  expect(ranges).toHaveLength(10)
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(await readdir(folder)).toEqual(['film.mov'])
})

describe('a part file that somebody wrote to since its journal', () => {
  const range = { start: 1000, end: 5 * MIB }

  test.each([
    ['an object', undefined],
    ['a range', range],
  ])('of %s is read again; where it is another, it is begun anew', async (_, range) => {
    const { object, folder, begin, beginAndStop } = await openSetting()
    await beginAndStop(2 * MIB, { range })
    await flipByte(join(folder, 'film.mov.part'), 100)
    await touch(join(folder, 'film.mov.part'))
    const run = begin({ range })
    const told = follow(run)
    const { path } = await run.result
    expect(told.reason).toBe('what is there is not what the store holds')
    expect((await readFile(path)).equals(object.subarray(range?.start ?? 0, range?.end))).toBe(true)
  })

  test('and is what it was, as after a kill, is gone on with', async () => {
    const { object, begin, kept, part, path } = await stopped()
    await touch(part)
    const run = begin()
    const told = follow(run)
    expect(await run.result).toMatchObject({ bytesTransferred: object.length - kept })
    expect(told.reason).toBeUndefined()
    expect((await readFile(path)).equals(object)).toBe(true)
  })

  test('is read again by the next run, too, until one has read all of it', async () => {
    const { object, begin, part, path, journal } = await stopped()
    await flipByte(part, 100)
    await touch(part)
    for (const _ of [1, 2]) {
      const stop = new AbortController()
      const run = begin({ signal: stop.signal })
      run.on('started', () => stop.abort())
      await expect(run.result).rejects.toThrow(AbortedError)
    }
    // As if it had been written to before the journal: only what that says tells it.
    await writeFile(journal, '', { flag: 'a' })
    expect((await lstat(part)).ctimeMs).toBeLessThan((await lstat(journal)).ctimeMs)
    const run = begin()
    const told = follow(run)
    await run.result
    expect(told.reason).toBe('what is there is not what the store holds')
    expect((await readFile(path)).equals(object)).toBe(true)
  })

  test('is not read once more when it has been read', async () => {
    let holdsLast = false
    const { object, begin, part, journal } = await stopped({
      trouble: ({ headers }) => holdsLast && bytesOf(headers.range ?? '').end === object.length,
    })
    await touch(part)
    holdsLast = true
    const stop = new AbortController()
    const run = begin({ signal: stop.signal })
    await expect.poll(() => readFile(journal, 'utf8')).toMatch(/"touched"[\s\S]*"reread"/)
    stop.abort()
    await expect(run.result).rejects.toThrow(AbortedError)
    holdsLast = false
    expect(await begin().result).toMatchObject({ verified: 'checksum' })
  })
})

test('a journal that is a link to somewhere else is not written through', async () => {
  const { folder, begin } = await openSetting()
  await writeFile(join(folder, 'precious'), 'mine')
  await symlink('precious', join(folder, 'film.mov.part.journal'))
  await expect(begin().result).rejects.toThrow(NotRegularFileError)
  expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('mine')
})

test('a run that was killed between giving the name and cleaning up is brought to its end', async () => {
  const { object, folder, ranges, begin, part, path } = await stopped()
  const run = begin()
  run.on('started', () => void writeFile(path, 'mine'))
  await expect(run.result).rejects.toThrow(FileExistsError)
  await rm(path)
  await link(part, path)
  ranges.length = 0
  expect(await begin().result).toMatchObject({ path, verified: 'checksum' })
  expect(ranges).toEqual([])
  expect(await readdir(folder)).toEqual(['film.mov'])
  expect((await readFile(path)).equals(object)).toBe(true)
})

describe('an object that changes', () => {
  test.each([
    ['between two ranges', 412],
    ['between two signatures', 403],
  ])('%s begins anew by itself, and says why', async (_, status) => {
    let store: { object: Buffer; etag: string } | undefined
    const opened = await openSetting({
      trouble(_, response, nth) {
        if (nth !== 3 || !store) return false
        store.object = pseudoRandom(3 * MIB, 5)
        store.etag = 'def'
        response.writeHead(status).end('<Error><Code>AccessDenied</Code></Error>')
        return true
      },
    })
    store = opened.store
    const run = opened.begin({ concurrency: 1 })
    const told = follow(run)
    const { path, size } = await run.result
    expect(told.reason).toMatch(/has changed/)
    expect(size).toBe(3 * MIB)
    expect((await readFile(path)).equals(store.object)).toBe(true)
    expect(await readdir(opened.folder)).toEqual(['film.mov'])
    expect(told.states).toEqual(['downloading', 'planned', 'downloading', 'completing', 'done'])
  })

  test('again and again is given up', async () => {
    let store: { object: Buffer; etag: string } | undefined
    const opened = await openSetting({
      trouble(_, response) {
        if (store) store.etag += 'x'
        response.writeHead(412).end()
        return true
      },
    })
    store = opened.store
    await expect(opened.begin({ concurrency: 1 }).result).rejects.toThrow(ObjectChangedError)
    expect(opened.ranges).toHaveLength(4)
    expect(await readdir(opened.folder)).toEqual([])
  })
})

test('a full disk is told, what is there is kept, and the same download goes on', async () => {
  const { object, folder, begin } = await openSetting()
  const path = join(folder, 'film.mov')
  const probe = await open(join(folder, 'probe'), 'w')
  const prototype = Object.getPrototypeOf(probe)
  await probe.close()
  await rm(join(folder, 'probe'))
  const { write } = prototype
  let room = 3
  const full = vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...args: unknown[]) {
    const bytes = args[0] as Uint8Array
    if (bytes.length > 100_000 && room-- <= 0) {
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
    }
    return write.apply(this, args)
  })
  onTestFinished(() => full.mockRestore())
  const run = begin({ concurrency: 1 })
  await expect(run.result).rejects.toThrow(DiskFullError)
  expect(run.snapshot().state).toBe('resumable')
  full.mockRestore()
  const again = begin()
  const told = follow(again)
  await again.result
  expect(told.bytes).toBeGreaterThanOrEqual(2 * BLOCK_BYTES)
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('without a network it waits, says so, and goes on by itself', async () => {
  let dead = true
  const { object, begin } = await openSetting({
    ports: { random: () => 1, timing: { retryBaseMs: 20, retryCapMs: 20 } },
    trouble(_, response, nth) {
      if (nth === 1 || !dead) return false
      response.socket?.destroy()
      return true
    },
  })
  const run = begin({ concurrency: 1 })
  const told = follow(run)
  run.on('state', ({ state }) => {
    if (state !== 'waiting') return
    expect(run.snapshot().waitingFor).toMatchObject({ for: 'network' })
    dead = false
  })
  const { path } = await run.result
  expect(told.states).toEqual(['downloading', 'waiting', 'downloading', 'completing', 'done'])
  expect(run.snapshot().waitingFor).toBeUndefined()
  expect((await readFile(path)).equals(object)).toBe(true)
})
