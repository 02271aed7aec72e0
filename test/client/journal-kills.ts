import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { fileJournals } from '../../client/node/journal.ts'
import { ENDPOINT, partEntry, SOURCE_ID, UPLOAD } from './journal-entries.ts'

/** Longest that a writer lives after its first word. */
const MAX_LIFE_MS = 30

/** More would only take time to compare. */
const MAX_ENTRIES = 1000

/** Kills one writer of a journal after another, and looks after each whether what it was told is there. */
export async function killWriters(folder: string, kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const told = await killWriter(folder)
    const journal = await fileJournals(folder).open(ENDPOINT, SOURCE_ID)
    expect(journal?.setAside).toBeUndefined()
    const entries = journal?.entries ?? []
    expect(entries.length).toBeGreaterThanOrEqual(told)
    expect(entries).toEqual(entries.map((_, number) => (number === 0 ? UPLOAD : partEntry(number))))
    if (entries.length > MAX_ENTRIES) await journal?.clear()
    await journal?.close()
  }
}

/** @returns how many entries it was told are in the journal */
async function killWriter(folder: string): Promise<number> {
  const writer = spawn(
    process.execPath,
    [fileURLToPath(new URL('./journal-writer.ts', import.meta.url)), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let words = ''
  writer.stdout.setEncoding('utf8').on('data', (chunk) => {
    words += chunk
  })
  const ended = once(writer, 'close')
  await Promise.race([once(writer.stdout, 'data'), ended])
  await sleep(Math.random() * MAX_LIFE_MS)
  writer.kill('SIGKILL')
  await ended
  expect(writer.signalCode).toBe('SIGKILL')
  return Number(words.trimEnd().split('\n').at(-1))
}
