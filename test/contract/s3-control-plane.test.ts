import { expect, onTestFinished } from 'vitest'
import type { ControlPlane } from '../../client/control-plane.ts'
import { createConnections } from '../../client/node/http.ts'
import { createS3ControlPlane, type S3Target } from '../../client/node/s3/control-plane.ts'
import { openStore } from '../../client/node/s3/store.ts'
import type { MultipartUpload } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import { ODD_KEYS } from '../client/odd-keys.ts'
import { pseudoRandom } from '../client/servers.ts'
import { contract } from './contract.ts'
import { engineName } from './engine.ts'
import type { Target } from './target.ts'

/** The client's own control plane, straight to the store. Where engines differ, it makes the same of them. */

const MIB = 1024 * 1024
const PART = 5 * MIB
const FILM = new Uint8Array(pseudoRandom(2 * PART + 1000))
const { signal } = new AbortController()

contract('straight to the store, parts become an object, and complete can be repeated', async (target) => {
  const plane = planeAt(target, { key: 'own/ü (1) + x.bin' })
  const upload = await begin(plane)
  expect(upload.checksumAlgorithm).toBe(engineName === 'rgw' ? 'NONE' : 'CRC64NVME')
  expect(await send(upload)).toEqual([200, 200, 200])
  const { parts } = await plane.listParts(upload, signal)
  expect(parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
    [1, PART],
    [2, PART],
    [3, 1000],
  ])
  const done = await plane.complete(upload, {}, signal)
  expect(done).toMatchObject({ size: FILM.length, etag: expect.stringMatching(/^[0-9a-f]{32}-3$/) })
  expect(await plane.complete(upload, {}, signal)).toMatchObject({ etag: done.etag, size: done.size })
  expect(await plane.find?.(upload, signal)).toMatchObject({ etag: done.etag })
  const { url, fileName, partSize } = await plane.download({ key: upload.key }, signal)
  expect({ fileName, partSize }).toEqual({ fileName: 'ü (1) + x.bin', partSize: PART })
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(FILM)).toBe(true)
})

contract('straight to the store, an older object of the same size is not the upload’s', async (target) => {
  const plane = planeAt(target, { key: 'own/replaced' })
  const older = await begin(plane)
  await send(older)
  await plane.complete(older, {}, signal)
  const upload = await begin(plane)
  await send(upload)
  expect(await plane.find?.(upload, signal)).toBeUndefined()
  await plane.abort(upload, signal)
  await expect(plane.complete(upload, {}, signal)).rejects.toMatchObject({ type: 'upload-unknown' })
})

contract('straight to the store, what is missing is named and what is gone is unknown', async (target) => {
  const plane = planeAt(target, { key: 'own/missing' })
  const upload = await begin(plane)
  await send(upload, await plane.presign(upload, [2], signal))
  await expect(plane.complete(upload, {}, signal)).rejects.toMatchObject({
    type: 'parts-missing',
    body: { missing: [1, 3] },
  })
  for (const _ of [1, 2]) await plane.abort(upload, signal)
  await expect(plane.listParts(upload, signal)).rejects.toMatchObject({ type: 'upload-unknown' })
  await expect(plane.download({ key: upload.key }, signal)).rejects.toMatchObject({ type: 'object-unknown' })
})

contract('straight to the store, a small file goes in one PUT and is found by its mark', async (target) => {
  const plane = planeAt(target, { prefix: 'own/' })
  const single = await plane.initiate({ fileName: 'small', size: 5 }, signal)
  if (single.kind !== 'single') throw new Error('Expected a single PUT.')
  expect(await plane.find?.(single, signal)).toBeUndefined()
  const { status } = await fetch(single.url, { method: 'PUT', headers: single.headers, body: 'bytes' })
  expect(status).toBe(200)
  expect(await plane.find?.(single, signal)).toMatchObject({ size: 5 })
})

contract('straight to the store, unfinished uploads are listed under a prefix', async (target) => {
  const uploads = await Promise.all(['listed/a', 'listed/b c'].map((key) => begin(planeAt(target, { key }))))
  const plane = planeAt(target, { prefix: 'listed/' })
  const { uploads: first, next } = await plane.listUploads({ limit: 1 }, signal)
  const { uploads: second } = await plane.listUploads({ cursor: next ?? '' }, signal)
  expect([...first, ...second].map(({ key }) => key)).toEqual(['listed/a', 'listed/b c'])
  for (const upload of uploads) await plane.abort(upload, signal)
})

contract('straight to the store, objects with odd keys are listed as they are, in pages', async (target) => {
  for (const Key of [...ODD_KEYS, 'odder'])
    await target.s3.putObject({ Bucket: target.Bucket, Key, Body: Key })
  const plane = planeAt(target, { prefix: 'odd/' })
  const keys: string[] = []
  for (let cursor: string | undefined; ; ) {
    const { objects, next } = await plane.listObjects({ limit: 3, cursor }, signal)
    keys.push(...objects.map(({ key }) => key))
    if (next === undefined) break
    expect(objects).toHaveLength(3)
    cursor = next
  }
  expect(keys.sort()).toEqual([...ODD_KEYS].sort())
  for (const key of keys) {
    const { url } = await plane.download({ key }, signal)
    expect(await (await fetch(url)).text()).toBe(key)
  }
})

contract('straight to the store, keys that are mistyped are told at once', async (target) => {
  const credentials = { ...target.engine.credentials, secretAccessKey: 'mistyped' }
  const plane = planeAt(target, { key: 'own/denied' }, credentials)
  await expect(begin(plane)).rejects.toMatchObject({ name: 'ApiError', status: 403 })
})

function planeAt({ engine, Bucket }: Target, at: S3Target, credentials = engine.credentials): ControlPlane {
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const { endpoint, region } = engine
  return createS3ControlPlane(openStore({ bucket: Bucket, endpoint, region, credentials }, connections), at)
}

async function begin(plane: ControlPlane): Promise<MultipartUpload> {
  const request = { fileName: 'ü (1) + x.bin', size: FILM.length, partSize: PART }
  const answer = await plane.initiate(request, signal)
  if (answer.kind !== 'multipart') throw new Error('Expected an upload in parts.')
  return answer
}

async function send(upload: MultipartUpload, signed = upload.signed): Promise<number[]> {
  const statuses: number[] = []
  for (const { partNumber, url, headers } of unpackSignedParts(signed, upload)) {
    const body = FILM.subarray((partNumber - 1) * PART, partNumber * PART)
    statuses.push((await fetch(url, { method: 'PUT', headers, body })).status)
  }
  return statuses
}
