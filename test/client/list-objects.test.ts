import { expect, onTestFinished, test } from 'vitest'
import type { ControlPlane, ListedObject } from '../../client/control-plane.ts'
import { createConnections } from '../../client/node/http.ts'
import { createS3ControlPlane } from '../../client/node/s3/control-plane.ts'
import { openStore } from '../../client/node/s3/store.ts'
import { encodeKey } from '../../signing/sigv4.ts'
import { BUCKET, root, startTestS3 } from '../local/s3-harness.ts'
import { ODD_KEYS } from './odd-keys.ts'
import { serve } from './servers.ts'

const { signal } = new AbortController()

function planeAt(endpoint: string, prefix?: string): ControlPlane {
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const store = openStore({ bucket: BUCKET, endpoint, credentials: root }, connections)
  return createS3ControlPlane(store, { prefix })
}

/** A bucket with objects that hold their own keys. */
async function bucketOf(keys: readonly string[]): Promise<string> {
  const s3 = await startTestS3()
  for (const key of keys) {
    const path = `/${BUCKET}/${encodeKey(key)}`
    expect((await s3.fetch({ method: 'PUT', path, body: key })).status).toBe(200)
  }
  return s3.server.url
}

async function listAll(plane: ControlPlane, prefix?: string, limit?: number): Promise<ListedObject[]> {
  const listed: ListedObject[] = []
  for (let cursor: string | undefined; ; ) {
    const { objects, next } = await plane.listObjects({ prefix, limit, cursor }, signal)
    listed.push(...objects)
    if (next === undefined) return listed
    cursor = next
  }
}

test('objects are listed under a prefix, in pages, each with its size, its time and its ETag', async () => {
  const plane = planeAt(await bucketOf(['a/1', 'a/2', 'a/b/3', 'b']))
  const first = await plane.listObjects({ prefix: 'a/', limit: 2 }, signal)
  expect(first.objects).toEqual([
    {
      key: 'a/1',
      fileName: '1',
      size: 3,
      modified: expect.stringMatching(/^20.*Z$/),
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
    expect.objectContaining({ key: 'a/2' }),
  ])
  const last = await plane.listObjects({ prefix: 'a/', limit: 2, cursor: first.next }, signal)
  expect(last).toEqual({ objects: [expect.objectContaining({ key: 'a/b/3', fileName: '3' })] })
})

test('without a prefix in the question, it is the client’s own', async () => {
  const plane = planeAt(await bucketOf(['a/1', 'b/1']), 'b/')
  expect((await listAll(plane)).map(({ key }) => key)).toEqual(['b/1'])
  expect((await listAll(plane, 'a/')).map(({ key }) => key)).toEqual(['a/1'])
  expect(await listAll(plane, '')).toHaveLength(2)
})

test.each([undefined, 1])('odd keys come back as they are, %s on a page', async (limit) => {
  const plane = planeAt(await bucketOf(ODD_KEYS))
  expect((await listAll(plane, 'odd/', limit)).map(({ key }) => key).sort()).toEqual([...ODD_KEYS].sort())
})

test('under an odd prefix, too, and what is listed can be downloaded', async () => {
  const plane = planeAt(await bucketOf(ODD_KEYS))
  for (const key of ODD_KEYS) {
    const [found] = await listAll(plane, key)
    expect(found?.key).toBe(key)
    const { url, size } = await plane.download({ key }, signal)
    expect(size).toBe(found?.size)
    expect(await (await fetch(url)).text()).toBe(key)
  }
})

test('a key that no URL can hold is listed, and told when it is asked for', async () => {
  await expect(planeAt('http://127.0.0.1:1').download({ key: 'a/../b' }, signal)).rejects.toThrow(
    /without "\." and "\.\."/,
  )
})

const page = (entries: string) => `<ListBucketResult>${entries}</ListBucketResult>`
const entry = (key: string) =>
  `<Contents><Key>${key}</Key><Size>1</Size><LastModified>2026-11-21T00:00:00Z</LastModified></Contents>`

test.each([
  ['that says nothing of an encoding is taken at its word', page(entry('a+b%20c')), 'a+b%20c'],
  [
    'that encodes a space as %20 is understood',
    page(`<EncodingType>url</EncodingType>${entry('a%2Bb%20c%0A')}`),
    'a+b c\n',
  ],
])('a store %s', async (_, body, key) => {
  const url = await serve((_, response) => void response.end(body))
  expect((await listAll(planeAt(url))).map((object) => object.key)).toEqual([key])
})

test.each([
  ['no way to the next page', page('<IsTruncated>true</IsTruncated>')],
  ['a key that is no encoding of one', page(`<EncodingType>url</EncodingType>${entry('100%')}`)],
])('a list with %s is an error, rather than an end', async (_, body) => {
  const url = await serve((_, response) => void response.end(body))
  await expect(planeAt(url).listObjects({}, signal)).rejects.toThrow(/Expected an answer of S3’s/)
})

test('so is a list that goes in circles', async () => {
  const next = '<NextContinuationToken>again</NextContinuationToken>'
  const url = await serve((_, response) => void response.end(page(`<IsTruncated>true</IsTruncated>${next}`)))
  const plane = planeAt(url)
  expect(await plane.listObjects({}, signal)).toEqual({ objects: [], next: 'again' })
  await expect(plane.listObjects({ cursor: 'again' }, signal)).rejects.toThrow(/next page/)
})
