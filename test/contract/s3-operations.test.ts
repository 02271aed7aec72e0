import { expect, onTestFinished } from 'vitest'
import { s3Operations } from '../../cli/s3-operations.ts'
import { createConnections } from '../../client/node/http.ts'
import { openStore } from '../../client/node/s3/store.ts'
import { pseudoRandom } from '../client/servers.ts'
import { contract } from './contract.ts'
import type { Target } from './target.ts'

/** The command's plumbing, by S3's own upload ids. */

const MIB = 1024 * 1024
const PART = 5 * MIB
const FILM = new Uint8Array(pseudoRandom(PART + 1000))
const { signal } = new AbortController()

contract('the operations one by one make an object, whose plan nobody keeps', async (target) => {
  const { Bucket, s3 } = target
  const operations = operationsAt(target)
  // With a checksum, S3 wants part numbers without gaps.
  const request = { key: 'plumbed/ü + x', fileName: 'x', checksumAlgorithm: 'NONE' } as const
  const begun = await operations.initiate(request, signal)
  if (begun.kind !== 'multipart') throw new Error('Expected an upload in parts.')
  const { key, uploadId } = begun
  const listed = await s3.listParts({ Bucket, Key: key, UploadId: uploadId })
  expect(listed.UploadId).toBe(uploadId)

  const sizes = [
    { partNumber: 1, size: PART },
    { partNumber: 3, size: 1000 },
  ]
  for (const part of (await operations.presign(begun, sizes, signal)).parts) {
    const body = part.partNumber === 1 ? FILM.subarray(0, PART) : FILM.subarray(PART)
    expect((await fetch(part.url, { method: 'PUT', headers: part.headers, body })).status).toBe(200)
  }
  await expect(operations.complete(begun, {}, signal)).rejects.toMatchObject({
    type: 'parts-missing',
    body: { missing: [2] },
  })

  const listing = await operations.listParts(begun, signal)
  expect(listing?.parts).toMatchObject([
    { partNumber: 1, size: PART },
    { partNumber: 3, size: 1000 },
  ])
  const done = await operations.complete(begun, { parts: listing?.parts }, signal)
  expect(done).toMatchObject({ key, size: FILM.length, etag: expect.stringMatching(/^[0-9a-f]{32}-2$/) })
  const { Body } = await s3.getObject({ Bucket, Key: key })
  expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(FILM)).toBe(true)
  expect(await operations.listParts(begun, signal)).toBeUndefined()
  for (const _ of [1, 2]) await operations.abort(begun, signal)
})

contract('unfinished uploads are told with what is held, and until when', async (target) => {
  const { Bucket, s3 } = target
  const operations = operationsAt(target)
  const Filter = { Prefix: 'ruled/' }
  const AbortIncompleteMultipartUpload = { DaysAfterInitiation: 3 }
  const Rules = [{ ID: 'abort', Status: 'Enabled' as const, Filter, AbortIncompleteMultipartUpload }]
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } })
  for (const key of ['ruled/a', 'unruled/a']) await operations.initiate({ key, fileName: 'a' }, signal)

  const [unruled] = await heldBelow('unruled/')
  expect(unruled).toEqual({ parts: 0, bytes: 0, abortDate: null })
  const [ruled] = await heldBelow('ruled/')
  expect(ruled).toEqual({ parts: 0, bytes: 0, abortDate: expect.stringMatching(/^\d{4}-.*Z$/) })

  async function heldBelow(prefix: string) {
    const held: unknown[] = []
    for await (const upload of operations.uploads(prefix, signal)) {
      held.push(await operations.held(upload, signal))
      await operations.abort(upload, signal)
    }
    return held
  }
})

function operationsAt({ engine, Bucket }: Target) {
  const connections = createConnections()
  const { endpoint, region, credentials } = engine
  const store = openStore({ bucket: Bucket, endpoint, region, credentials }, connections)
  const place = { kind: 's3', bucket: Bucket, endpoint } as const
  const operations = s3Operations({ kind: 's3', place, store, connections, close: () => connections.close() })
  onTestFinished(() => operations.close())
  return operations
}
