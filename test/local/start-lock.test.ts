import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirectoryInUse, lockDirectory } from '../../local/lock.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-lock-'))
})

afterEach(() => rm(directory, { recursive: true }))

test('a data directory has one holder, and is free again after it', async () => {
  const unlock = lockDirectory(directory)
  expect(() => lockDirectory(directory)).toThrow(DataDirectoryInUse)
  expect(() => lockDirectory(directory)).toThrow(`in use by process ${process.pid}`)
  expect(() => lockDirectory(directory)).toThrow('PARTWAY_DATA')
  unlock()
  expect(await readdir(directory)).toEqual([])
  lockDirectory(directory)()
})

test('the directory is made where it is missing', async () => {
  lockDirectory(join(directory, 'a/b'))()
  expect(await readdir(join(directory, 'a'))).toEqual(['b'])
})

test('the lock of a process that was killed does not hold', async () => {
  const lock = JSON.stringify(new URL('../../local/lock.ts', import.meta.url).href)
  const script = `import { lockDirectory } from ${lock}; lockDirectory(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script, directory])
  await once(holder.stdout, 'data')
  expect(() => lockDirectory(directory)).toThrow(`in use by process ${holder.pid}`)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  lockDirectory(directory)()
})

test('a later process with the number of a dead one is not taken for it', async () => {
  await writeFile(join(directory, 'lock'), `${process.pid} 1`)
  lockDirectory(directory)()
})
