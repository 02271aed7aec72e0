import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, call } from '../api/local-aws.ts'
import { at, content, initiate, initiateSingle, sendParts, sendSingle } from '../api/uploads.ts'
import { launchChromium } from '../browser/chromium.ts'
import { openDesk } from '../cli/command.ts'
import { lineOf } from '../web/stage.ts'
import type { Context } from './cdk.ts'
import { differences } from './differences.ts'
import { closeGaps, type EmulatedStack } from './emulator-gaps.ts'
import { type Inventory, takeInventory } from './inventory.ts'
import { openStage, type Stage } from './stage.ts'

/** One life of a stack, in order: each test stands on those before it. */

const film = content(20 * MIB + 1)

let stage: Stage
let atFirst: Inventory
let context: Context
let stack: EmulatedStack
/** Uploaded by the first deployment, and to outlive the stack. */
let filmKey: string

beforeAll(async () => {
  stage = await openStage()
  await stage.cdk.bootstrap()
  atFirst = await takeInventory(stage.endpoint)
})
afterAll(() => stage?.close())
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(stage.log())))

describe('cdk deploy', () => {
  test('refuses auth=none without origins, and says what to write instead', async () => {
    await expect(stage.deploy({ auth: 'none' })).rejects.toThrow('-c origins=https://www.example.com')
  })

  test('deploys', async () => {
    context = { auth: 'none', origins: stage.pageOrigin }
    stack = await stage.deploy(context)
    await closeGaps(stack)
    expect(stack.outputs).toEqual({
      ApiUrl: expect.stringMatching(/^https:\/\/\w+\.execute-api\.us-east-1\.amazonaws\.com\/$/),
      BucketName: expect.any(String),
      Auth: 'none',
      Region: 'us-east-1',
    })
  })

  test('leaves nothing for cdk diff to show, until the context is another', async () => {
    expect(differences(await stage.cdk.diff(context))).toEqual([])
    const functions = differences(await stage.cdk.diff({ ...context, urlLifetime: '600' }))
    expect(functions).toContainEqual(expect.stringContaining('AWS::Lambda::Function'))
  })
})

describe('plain requests', () => {
  test('upload a file in parts, list them, complete it and bring it back', async () => {
    const upload = await initiate(stage.apiUrl, film, {
      fileName: 'Été/映画 1.mp4',
      contentType: 'video/mp4',
    })
    await sendParts(upload, film, [1, 3])
    const { path, query, body } = at(upload)
    const { parts } = await ask(stage.apiUrl, routes['list-parts'], { path, query })
    expect(parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
      [1, 8 * MIB],
      [3, 4 * MIB + 1],
    ])
    expect(await call(stage.apiUrl, routes.complete, { path, body })).toMatchObject({
      status: 409,
      body: { missing: [2] },
    })
    const { signed } = await ask(stage.apiUrl, routes.presign, {
      path,
      body: { key: upload.key, parts: { from: 2, to: 2 } },
    })
    await sendParts({ ...upload, signed }, film, [2])
    await ask(stage.apiUrl, routes.complete, { path, body })

    filmKey = upload.key
    expect(await downloaded(filmKey)).toSatisfy(isFilm)
    const { fileName, contentType } = await ask(stage.apiUrl, routes.download, { body: { key: filmKey } })
    expect({ fileName, contentType }).toEqual({ fileName: 'Été/映画 1.mp4', contentType: 'video/mp4' })
  })

  test('upload a small file, whose size and headers S3 insists on', async () => {
    const note = content(1234)
    const single = await initiateSingle(stage.apiUrl, note.length, {
      fileName: 'note.txt',
      contentType: 'text/plain',
      metadata: { author: 'Zoë' },
    })
    expect(await sendSingle(single, content(1235))).toBe(403)
    expect(await sendSingle({ ...single, headers: {} }, note)).toBe(403)
    expect(await sendSingle(single, note)).toBe(200)
    expect(await sendSingle(single, note)).toBe(412)
    expect(await downloaded(single.key)).toEqual(note)
  })

  test('list and abort', async () => {
    const upload = await initiate(stage.apiUrl, film, { fileName: 'unfinished.mp4' })
    const unfinished = async () =>
      (await ask(stage.apiUrl, routes['list-uploads'])).uploads.map(({ fileName }) => fileName)
    expect(await unfinished()).toEqual(['unfinished.mp4'])
    const { path, query } = at(upload)
    expect((await call(stage.apiUrl, routes.abort, { path, query })).status).toBe(204)
    expect(await unfinished()).toEqual([])
    const { objects } = await ask(stage.apiUrl, routes['list-objects'])
    expect(objects.map(({ key }) => key)).toContain(filmKey)
  })

  test('are refused by the bucket unless they come over TLS', async () => {
    const { url } = await ask(stage.apiUrl, routes.download, { body: { key: filmKey } })
    const plain = new URL(url)
    plain.port = new URL(stage.plainEndpoint).port
    const response = await fetch(plain, { headers: { host: new URL(url).host } })
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('AccessDenied')])
  })
})

test('partway uploads, goes on after a kill, and downloads', async () => {
  const { folder, run } = await openDesk()
  await writeFile(join(folder, 'film.mov'), film)
  const upload = ['upload', 'film.mov', '--api', stage.apiUrl, '--part-size', '5MiB', '--concurrency', '1']
  expect((await run(upload, { KILL_AFTER: '2', KILL_SIGNALS: 'SIGKILL' })).code).toBeUndefined()
  const resumed = await run(upload)
  expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining('going on, 10.0 MiB') })
  // The emulator keeps no checksum to compare with, so of the parts that it holds those without a record are sent again.
  expect(resumed.parts).toEqual(expect.arrayContaining([3, 4, 5]))

  const down = await run(['download', resumed.stdout.trim(), '--output', 'back.mov', '--api', stage.apiUrl])
  expect(down).toMatchObject({ code: 0 })
  expect(await readFile(join(folder, 'back.mov'))).toSatisfy(isFilm)
})

test('the page uploads from an origin of its own, as CORS lets it', async () => {
  const path = join(stage.folder, 'film.webm')
  await writeFile(path, film)
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(stage.pageOrigin)
    await page.setInputFiles('#files', path)
    await page.waitForFunction(() => document.title === 'Done · Partway')
    expect(await downloaded(await lineOf(page, 'film.webm', '.key'))).toSatisfy(isFilm)
    expect(errors).toEqual([])
  } finally {
    await browser.close()
  }
})

describe('cdk deploy with other context', () => {
  const elsewhere = 'https://www.example.com'

  test('changes the stack and keeps the bucket with what it holds', async () => {
    const { BucketName, ApiUrl } = stack.outputs
    context = { auth: 'none', origins: elsewhere, urlLifetime: '600' }
    stack = await stage.deploy(context)
    await closeGaps(stack)
    expect(stack.outputs).toMatchObject({ BucketName, ApiUrl })
    expect(await downloaded(filmKey)).toSatisfy(isFilm)
    expect(await ask(stage.apiUrl, routes.download, { body: { key: filmKey } })).toMatchObject({
      expiresIn: 600,
    })
  })

  test('lets the new origin in and the old one no longer, at the API and at the bucket', async () => {
    const allowed = async (url: string, method: string, origin: string) => {
      const headers = { origin, 'access-control-request-method': method }
      const { headers: answered } = await fetch(url, { method: 'OPTIONS', headers })
      return answered.get('access-control-allow-origin') === origin
    }
    const object = `${stage.endpoint}/${stack.outputs.BucketName}/${filmKey}`
    for (const [url, method] of [
      [`${stage.apiUrl}/uploads`, 'POST'],
      [object, 'PUT'],
    ] as const) {
      expect(await allowed(url, method, elsewhere)).toBe(true)
      expect(await allowed(url, method, stage.pageOrigin)).toBe(false)
    }
  })
})

test('cdk destroy leaves nothing but the bucket, with what it holds', async () => {
  const { BucketName } = stack.outputs
  const deployed = await takeInventory(stage.endpoint)
  for (const kind of ['functions', 'roles', 'logGroups', 'apis'] as const) {
    expect(deployed[kind].length).toBeGreaterThan(atFirst[kind].length)
  }
  await stage.cdk.destroy(context)
  expect(await takeInventory(stage.endpoint)).toEqual({
    ...atFirst,
    buckets: [...atFirst.buckets, BucketName].sort(),
  })
  const { Body } = await stage.s3.send(new GetObjectCommand({ Bucket: BucketName, Key: filmKey }))
  expect(await Body?.transformToByteArray()).toSatisfy(isFilm)
})

/** Said of 20 MiB, a difference would take long to show. */
function isFilm(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, film) === 0
}

async function downloaded(key: string): Promise<Uint8Array> {
  const { url } = await ask(stage.apiUrl, routes.download, { body: { key } })
  return new Uint8Array(await (await fetch(url)).arrayBuffer())
}
