import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createApi } from '../../client/api.ts'
import { fileJournals } from '../../client/node/journal.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { openDesk } from './command.ts'

const aws = useLocalAws()

test('a file that another process uploads is not uploaded a second time at once, and is free when that one ends', async () => {
  const { folder, run } = await openDesk()
  const file = join(folder, 'film.mov')
  await writeFile(file, new Uint8Array(20 * 1024 * 1024))
  const journals = fileJournals(join(folder, '.state'))
  const journal = await journals.open(createApi({ url: aws.apiUrl }).endpoint, file)

  const busy = await run(['upload', 'film.mov', '--api', aws.apiUrl])
  expect(busy).toMatchObject({ code: 75, stdout: '', parts: [] })
  expect(busy.stderr).toContain('it is being uploaded by another process already')
  await journal?.close()
  expect(await run(['upload', 'film.mov', '--api', aws.apiUrl])).toMatchObject({ code: 0 })
})
