import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, openFile } from '../../client/node/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'

/** Uploads of more parts than ListParts gives a page and initiate signs, on an S3 that forgets their bytes. */

const routesCalled: string[] = []
const aws = useLocalAws({
  dropPartBytes: true,
  log: (line) => routesCalled.push(...(/"route":"([\w-]+)"/.exec(line)?.slice(1) ?? [])),
})

const PART = 5 * MIB

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-parts-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test.each([
  [1_000, ['initiate', 'complete']],
  [1_001, ['initiate', 'presign', 'complete']],
])('%i parts are sent, listed and completed with the calls %j', async (parts, calls) => {
  const path = join(directory, `${parts}.bin`)
  const file = await open(path, 'w')
  await file.truncate(parts * PART)
  await file.close()
  const client = createClient({ url: aws.apiUrl, state: join(directory, 'state') })
  const source = await openFile(path)

  routesCalled.length = 0
  const result = await client.upload(source, { partSize: PART }).result
  await source.close()
  client.close()

  expect(result).toMatchObject({ size: parts * PART, verified: 'checksum' })
  expect(result.etag).toMatch(new RegExp(`-${parts}$`))
  expect(routesCalled).toEqual(calls)
})
