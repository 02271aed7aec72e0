import { test } from 'vitest'
import { killWriters } from './journal-kills.ts'
import { temporaryFolder } from './servers.ts'

test('a journal whose writer is killed, 20 times, has everything that the writer was told', async () => {
  await killWriters(await temporaryFolder(), 20)
}, 60_000)
