import { StoreError } from '../../client/node/index.ts'
import { completeMultipartUpload } from '../../client/node/s3/complete-multipart-upload.ts'
import { listAllParts } from '../../client/node/s3/list-parts.ts'
import {
  abortMultipartUpload,
  createMultipartUpload,
  type S3Upload,
} from '../../client/node/s3/multipart-upload.ts'
import { deleteObject, putObject } from '../../client/node/s3/object-calls.ts'
import { presignParts } from '../../client/node/s3/presign-parts.ts'
import { livePresigner } from '../../client/node/s3/sign-parts.ts'
import { type Check, failed, ok, warning } from './check.ts'
import { probeKey, type S3Subject, tried } from './s3-subject.ts'

/** Of the byte 0, in base64; and of another. */
const CRC64_OF_ZERO = '1dpQR+/shyg='
const WRONG_CRC64 = 'AAAAAAAAAAE='

/** Makes an object of one byte, reads it, tries to replace it, and deletes it. */
export async function* examineDeeply(subject: S3Subject): AsyncGenerator<Check> {
  const { store, signal } = subject
  const key = probeKey(subject)
  const upload = await createMultipartUpload(store.call, key, { headers: {}, algorithm: 'CRC64NVME' }, signal)
  const completed = await complete(subject, upload, upload.algorithm === 'CRC64NVME')
  yield* completed.checks
  if (!completed.made) {
    await abortMultipartUpload(store.call, upload, signal).catch(() => {})
    return
  }
  yield await read(subject, key)
  yield await ifNoneMatch(subject, key)
  yield await deleted(subject, key)
}

async function complete(
  { store, signal }: S3Subject,
  upload: S3Upload,
  hasChecksum: boolean,
): Promise<{ made: boolean; checks: Check[] }> {
  const { parts } = await presignParts(store, upload, [{ partNumber: 1, size: 1 }], signal)
  for (const { url, headers } of parts) {
    await fetch(url, { method: 'PUT', headers, body: new Uint8Array(1), signal }).then((answer) =>
      answer.text(),
    )
  }
  const { parts: stored = [] } = (await listAllParts(store.call, upload, signal)) ?? {}
  const completeWith = (crc: string) => {
    const headers = hasChecksum
      ? { 'x-amz-checksum-type': 'FULL_OBJECT', 'x-amz-checksum-crc64nvme': crc }
      : { 'x-amz-checksum-type': 'FULL_OBJECT' }
    return completeMultipartUpload(
      store.call,
      upload,
      { parts: stored, headers: hasChecksum ? headers : {} },
      signal,
    )
  }
  const checks: Check[] = []
  if (hasChecksum) {
    const wrong = await completeWith(WRONG_CRC64).catch((error: unknown) => error)
    const refused = wrong instanceof StoreError && wrong.status === 400
    checks.push(
      refused
        ? ok('integrity', 'a checksum of other bytes is refused')
        : failed('integrity', 'the store completed an upload whose checksum was wrong: it compares nothing'),
    )
    if (!refused) return { made: !(wrong instanceof Error), checks }
  }
  const right = await tried('complete', 's3:PutObject', 'nothing can be completed', () =>
    completeWith(CRC64_OF_ZERO),
  )
  if ('check' in right) return { made: false, checks: [...checks, right.check] }
  return { made: true, checks: [...checks, ok('complete', `an object of one byte, ${upload.key}`)] }
}

async function read({ store, signal }: S3Subject, key: string): Promise<Check> {
  const { presigner, expiresIn } = await livePresigner(store, signal)
  const { url } = presigner.presign({ method: 'GET', key, query: [['x-id', 'GetObject']], expiresIn })
  const answer = await fetch(url, { headers: { range: 'bytes=0-0' }, signal })
  const body = await answer.arrayBuffer()
  if (answer.status === 206 && body.byteLength === 1) return ok('read', 'a range, under a presigned URL')
  return answer.status === 403
    ? failed('read', 's3:GetObject is missing: nothing can be downloaded. Have it allowed')
    : failed('read', `expected a range of one byte, got ${answer.status} with ${body.byteLength} bytes`)
}

async function ifNoneMatch({ store, signal }: S3Subject, key: string): Promise<Check> {
  const put = { body: '1', headers: { 'if-none-match': '*' } }
  const error = await putObject(store.call, key, put, signal).catch((error: unknown) => error)
  if (error instanceof StoreError && error.status === 412) {
    return ok('--if-none-match', 'an object that is there is not replaced')
  }
  return warning(
    '--if-none-match',
    error instanceof Error
      ? `the store does not know it: ${error.message}`
      : 'the store replaces an object all the same: two who write one key at once overwrite each other',
  )
}

/** partway itself never needs it. */
async function deleted({ store, signal }: S3Subject, key: string): Promise<Check> {
  const where = `s3://${store.place.bucket}/${key}`
  const result = await tried('delete', 's3:DeleteObject', '', () => deleteObject(store.call, key, signal))
  return 'check' in result
    ? warning(
        'delete',
        `the object of one byte stays, ${where}: s3:DeleteObject is missing, which nothing else needs`,
      )
    : ok('delete', 'the object is gone again')
}
