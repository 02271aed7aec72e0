import { sleep } from '../../clock.ts'
import { listParts } from './list-parts.ts'
import { abortMultipartUpload, type S3Upload } from './multipart-upload.ts'
import type { S3Store } from './store.ts'

/** Parts that were in flight may land after an abort, and stay: so it is repeated until the upload is gone. */
const ABORT_MS = 10_000
const ABORT_PAUSE_MS = 250

/** Throws an upload's parts away; one that is gone already is fine, and an object is never touched. */
export async function abort(
  { call, keeping: { clock } }: S3Store,
  upload: S3Upload,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.now() + ABORT_MS
  await abortMultipartUpload(call, upload, signal)
  while ((await listParts(call, upload, 1, signal)) && clock.now() < deadline) {
    await sleep(clock, ABORT_PAUSE_MS, signal)
    await abortMultipartUpload(call, upload, signal)
  }
}
