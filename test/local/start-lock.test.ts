import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirectoryInUse, lockDirectory } from '../../local/lock.ts'

const TAKERS = 8
const ROUNDS = 12

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
  expect(await readdir(directory)).toEqual(['lock.db'])
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

test(`${TAKERS} processes race for the lock of a killed one: one of them gets it, ${ROUNDS} times`, async () => {
  const takers = await Promise.all(Array.from({ length: TAKERS }, startTaker))
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(takers.map(take))
      expect(answers.filter((got) => got)).toHaveLength(1)
      const [winner] = takers.splice(answers.indexOf(true), 1)
      if (winner) await kill(winner)
      takers.push(await startTaker())
    }
  } finally {
    await Promise.all(takers.map(kill))
  }
}, 60_000)

async function startTaker(): Promise<ChildProcess> {
  const taker = fork(new URL('./lock-taker.ts', import.meta.url), [directory], { stdio: 'ignore' })
  await once(taker, 'message')
  return taker
}

async function take(taker: ChildProcess): Promise<boolean> {
  const answered = once(taker, 'message')
  taker.send('take')
  const [got] = await answered
  return got
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
