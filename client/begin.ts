import { toBase64 } from '../checksums/base64.ts'
import { MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import type { Checksum, InitiateRequest } from '../protocol/schemas.ts'
import { NotPartwayError } from './errors.ts'
import { fitsOnePut } from './fits-one-put.ts'
import { hold } from './holds.ts'
import type { Job, Transfer } from './job.ts'
import { Multipart } from './multipart.ts'
import type { JournaledUpload } from './ports.ts'

/**
 * Initiates an upload, and journals it before anything of it is sent. Sizes in bytes.
 * @param largestPut that whoever plans the upload will have in a single PUT
 */
export async function initiate<Slice>(
  job: Job<Slice>,
  partSize: number | undefined,
  signal: AbortSignal,
  largestPut = MAX_SINGLE_PUT_BYTES,
): Promise<Transfer> {
  const { source, controlPlane, contentType, metadata } = job
  const identity = await source.identify(signal)
  const isSmall = fitsOnePut(source.size, partSize, largestPut)
  const checksum = isSmall ? await checksumOf(job, signal) : undefined
  const request: InitiateRequest = {
    fileName: source.name,
    size: source.size,
    ...(contentType && { contentType }),
    ...(metadata && { metadata: { ...metadata } }),
    ...(partSize && { partSize }),
    ...(checksum ? { checksum } : { checksumAlgorithm: job.checksum }),
  }
  const [answer] = await Promise.all([controlPlane.initiate(request, signal), isSmall && job.extras()])
  if (answer.kind === 'single') {
    const { Single } = await job.extras()
    return new Single(job, answer, checksum, (signal) => controlPlane.initiate(request, signal))
  }
  if (answer.size !== source.size) {
    throw new NotPartwayError(`Expected an upload of ${source.size} bytes, got one of ${answer.size}.`)
  }
  const { key, uploadId, size, partSize: planned, checksumAlgorithm, signed } = answer
  const upload: JournaledUpload = {
    ...{ endpoint: controlPlane.endpoint, sourceId: source.id, identity },
    ...{ key, uploadId, size, partSize: planned, checksumAlgorithm },
    initiated: new Date(job.timeOfDay()).toISOString(),
  }
  hold(job, upload)
  const multipart = new Multipart(job, upload)
  multipart.parts.addUrls(signed)
  job.emit('initiated', { key, partSize: planned, partCount: multipart.parts.plan.partCount })
  await job.ledger.append({ type: 'upload', ...upload }, true)
  return multipart
}

/** A file that will travel in a single PUT is small enough to be read twice: S3 then checks what it gets. */
async function checksumOf<Slice>(
  { source, checksum: algorithm }: Job<Slice>,
  signal: AbortSignal,
): Promise<Checksum | undefined> {
  if (algorithm === 'NONE') return undefined
  const crc = await source.crc(algorithm, 0, source.size, signal)
  return { algorithm, value: toBase64(crc) } as Checksum
}
