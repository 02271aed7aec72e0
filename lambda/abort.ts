import { setTimeout } from 'node:timers/promises'
import { routes } from '../protocol/routes.ts'
import { ownKey } from './caller.ts'
import { endpoint } from './endpoint.ts'
import { emitMetrics } from './metrics.ts'
import { abortMultipartUpload, listParts } from './s3.ts'

/** Parts that were in flight may land after an abort, and stay: so it is repeated until the upload is gone. */
const PERSISTENCE_MS = 10_000
const PAUSE_MS = 250

/** Throws an upload's parts away; an upload that is gone already is fine, and an object is never touched. */
export const handler = endpoint(routes.abort, async ({ key, uploadId }, caller) => {
  ownKey(key, caller)
  const upload = { Key: key, UploadId: uploadId }
  const deadline = performance.now() + PERSISTENCE_MS
  if (await abortMultipartUpload(upload)) emitMetrics({ UploadsAborted: 1 })
  while ((await listParts(upload, 1)) && performance.now() < deadline) {
    await setTimeout(PAUSE_MS)
    await abortMultipartUpload(upload)
  }
  return undefined
})
