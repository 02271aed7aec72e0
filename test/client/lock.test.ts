import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { takeLock } from '../../client/node/lock.ts'
import { temporaryFolder } from './servers.ts'

const TAKERS = 8
const ROUNDS = 50

const children = new Set<ChildProcess>()
afterEach(async () => {
  await Promise.all([...children].map(kill))
})

test('a lock is one holder’s in a process, and the next one’s as soon as it is given back', async () => {
  const folder = await temporaryFolder()
  const unlock = takeLock(folder, 'film')
  expect(unlock).toBeDefined()
  expect(takeLock(folder, 'film')).toBeUndefined()
  expect(takeLock(folder, 'film')).toBeUndefined()
  const other = takeLock(folder, 'other film')
  expect(other).toBeDefined()
  unlock?.()
  const next = takeLock(folder, 'film')
  expect(next).toBeDefined()
  unlock?.()
  expect(takeLock(folder, 'film')).toBeUndefined()
  next?.()
  other?.()
})

test('what is left of locks that were given back is one file', async () => {
  const folder = join(await temporaryFolder(), 'locks')
  for (const name of ['a', 'b', 'c']) takeLock(folder, name)?.()
  expect(await readdir(folder)).toEqual(['guard'])
})

test('where no lock can be, that is an error rather than somebody else’s lock', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')
  expect(() => takeLock(join(folder, 'file'), 'film')).toThrow()
  await mkdir(join(folder, 'guard'))
  expect(() => takeLock(folder, 'film')).toThrow()
})

test(`${TAKERS} processes race for the lock of a killed one: one of them gets it, ${ROUNDS} times`, async () => {
  const folder = await temporaryFolder()
  const takers = await Promise.all(Array.from({ length: TAKERS }, () => start(folder)))
  for (let round = 0; round < ROUNDS; round++) {
    const answers = await Promise.all(takers.map((taker) => ask(taker, 'take')))
    expect(answers.filter((got) => got === true)).toHaveLength(1)
    const winner = answers.indexOf(true)
    const [dead] = takers.splice(winner, 1)
    if (dead) await kill(dead)
    takers.push(await start(folder))
  }
}, 60_000)

test('processes that take and give back as fast as they can never have it at once', async () => {
  const folder = await temporaryFolder()
  const takers = await Promise.all(Array.from({ length: 4 }, () => start(folder)))
  expect(await Promise.all(takers.map((taker) => ask(taker, 'turns')))).toEqual([100, 100, 100, 100])
}, 60_000)

async function start(folder: string): Promise<ChildProcess> {
  const child = fork(new URL('./lock-taker.ts', import.meta.url), [
    join(folder, 'locks'),
    join(folder, 'marker'),
  ])
  children.add(child)
  await answer(child)
  return child
}

function ask(child: ChildProcess, question: string): Promise<unknown> {
  child.send(question)
  return answer(child)
}

async function answer(child: ChildProcess): Promise<unknown> {
  const done = new AbortController()
  const { signal } = done
  try {
    const died = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('The process ended.')))
    const [message] = await Promise.race([once(child, 'message', { signal }), died])
    return message
  } finally {
    done.abort()
  }
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const dead = once(child, 'exit')
  child.kill('SIGKILL')
  await dead
}
