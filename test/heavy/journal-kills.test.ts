import { test } from 'vitest'
import { killWriters } from '../client/journal-kills.ts'
import { temporaryFolder } from '../client/servers.ts'

test('a journal whose writer is killed, 200 times, has everything that the writer was told', async () => {
  await killWriters(await temporaryFolder(), 200)
})
