import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, openFile } from '../../client/node/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { call, useLocalAws } from '../api/local-aws.ts'
import { at, content, initiate, sendParts } from '../api/uploads.ts'

/** Completing a large object can take S3 minutes, and an HTTP API gives up after 30 s. */

const aws = useLocalAws({ completeDelayMs: 40_000 })
const film = content(20 * MIB)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-slow-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('a complete that outlives the gateway is answered 503 by it, runs on, and is there when asked again', async () => {
  const upload = await initiate(aws.apiUrl, film)
  await sendParts(upload, film)
  const { path, body } = at(upload)

  const began = performance.now()
  expect(await call(aws.apiUrl, routes.complete, { path, body })).toMatchObject({
    status: 503,
    body: { message: 'Service Unavailable' },
  })
  expect(performance.now() - began).toBeLessThan(35_000)

  expect(await call(aws.apiUrl, routes.complete, { path, body })).toMatchObject({
    status: 200,
    body: { key: upload.key, size: film.length },
  })
})

test('the engine asks again by itself, and ends with what was verified', async () => {
  const path = join(directory, 'film.mp4')
  await writeFile(path, film)
  const client = createClient({ url: aws.apiUrl, state: join(directory, 'state') })
  const source = await openFile(path)

  const upload = client.upload(source)
  const retries: string[] = []
  upload.on('retry', ({ error }) => retries.push(error.message))

  expect(await upload.result).toMatchObject({ size: film.length, verified: 'checksum' })
  expect(retries.length).toBeGreaterThan(0)
  await source.close()
  client.close()
})
