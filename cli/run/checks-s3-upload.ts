import { listAllParts } from '../../client/node/s3/list-parts.ts'
import {
  abortMultipartUpload,
  createMultipartUpload,
  type S3Upload,
  type UploadTerms,
} from '../../client/node/s3/multipart-upload.ts'
import { presignParts } from '../../client/node/s3/presign-parts.ts'
import { checksumAlgorithms } from '../../protocol/checksum-algorithms.ts'
import { bucketCors, type Check, failed, ok, warning } from './check.ts'
import { corsMending } from './mending.ts'
import { probeKey, type S3Subject, tried } from './s3-subject.ts'

/** Begins an upload of each checksum, sends one byte to the first, and aborts them all. */
export async function* examineUpload(subject: S3Subject): AsyncGenerator<Check> {
  const { store, signal } = subject
  const begun: (S3Upload & UploadTerms)[] = []
  try {
    for (const algorithm of checksumAlgorithms) {
      const upload = await tried('begin', 's3:PutObject', 'nothing can be uploaded', () =>
        createMultipartUpload(store.call, probeKey(subject), { headers: {}, algorithm }, signal),
      )
      if ('check' in upload) {
        yield upload.check
        return
      }
      begun.push(upload.value)
    }
    const [first] = begun
    if (!first) return
    yield ok('begin', `an upload to ${first.key}`)
    yield* part(subject, first)
    yield checksums(begun)
    yield await aborted(subject, first)
    begun.shift()
  } finally {
    for (const upload of begun) await abortMultipartUpload(store.call, upload, signal).catch(() => {})
  }
}

async function* part(subject: S3Subject, upload: S3Upload): AsyncGenerator<Check> {
  const { store, origin, signal } = subject
  const { parts } = await presignParts(store, upload, [{ partNumber: 1, size: 1 }], signal)
  const [signed] = parts
  if (!signed) return
  const answer = await fetch(signed.url, {
    method: 'PUT',
    headers: { ...signed.headers, ...(origin && { origin }) },
    body: new Uint8Array(1),
    signal,
  })
  const code = /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] ?? ''
  if (!answer.ok) {
    yield failed('part', `the store refused a byte under a presigned URL: ${answer.status} ${code}`.trim())
    return
  }
  yield ok('part', 'the store takes a byte under a presigned URL')
  if (origin !== undefined)
    yield await bucketCors(signed.url, origin, answer, corsMending(subject, origin), signal)
  const listed = await tried(
    'list parts',
    's3:ListMultipartUploadParts',
    'an upload cannot go on after a kill, nor be completed',
    () => listAllParts(store.call, upload, signal),
  )
  if ('check' in listed) yield listed.check
  else if (listed.value?.parts.length === 1) yield ok('list parts', 'the byte is there')
  else
    yield failed('list parts', 'the store took a byte and does not list it; nothing could go on after a kill')
}

function checksums(begun: readonly UploadTerms[]): Check {
  const kept = begun.map(({ algorithm }) => algorithm).filter((algorithm) => algorithm !== 'NONE')
  const names = checksumAlgorithms.filter((algorithm) => kept.includes(algorithm))
  return names.length > 0
    ? ok('checksums', `${names.join(', ')} of whole objects: the store compares what it stored`)
    : warning(
        'checksums',
        'the store keeps none of whole objects: uploads are verified by the MD5 of every part, and downloads by size',
      )
}

async function aborted({ store, signal }: S3Subject, upload: S3Upload): Promise<Check> {
  const result = await tried(
    'abort',
    's3:AbortMultipartUpload',
    `what is given up stays and is billed, as does one byte now (${upload.key}, upload id ${upload.uploadId})`,
    () => abortMultipartUpload(store.call, upload, signal),
  )
  return 'check' in result ? result.check : ok('abort', 'the byte is gone again')
}
