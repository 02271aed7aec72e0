import { toBase64 } from '../checksums/base64.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { DEFAULT_PART_BYTES, MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import type { Checksum, InitiateRequest } from '../protocol/schemas.ts'
import { ApiError, NotPartwayError, RecordError } from './errors.ts'
import type { Job, Transfer } from './job.ts'
import { Multipart } from './multipart.ts'
import type { UploadRecord } from './ports.ts'
import { compareIdentity } from './resume.ts'
import { Single } from './single.ts'

/** S3's recommendation, and the API's default. */
const ALGORITHM: CrcAlgorithm = 'CRC64NVME'

/**
 * Goes on with the upload that is remembered of this source, or initiates one.
 * @throws {SourceChangedError} where the source is not what it was then
 */
export async function beginTransfer<Slice>(job: Job<Slice>, signal: AbortSignal): Promise<Transfer> {
  const { source, records, controlPlane } = job
  const record = await records.load(controlPlane.endpoint, source.id)
  if (!record) return initiate(job, signal)
  compareIdentity(source.name, record.identity, await source.identify(signal))
  return Multipart.resume(job, record)
}

/** Has the store drop the parts of the upload that is remembered of this source, if there is one, and forgets it. */
export async function dropRemembered<Slice>(
  { source, records, controlPlane }: Job<Slice>,
  signal: AbortSignal,
): Promise<void> {
  const record = await loadReadable(() => records.load(controlPlane.endpoint, source.id))
  if (record) await abortIfPossible(() => controlPlane.abort(record, signal))
  await records.remove(controlPlane.endpoint, source.id)
}

async function initiate<Slice>(job: Job<Slice>, signal: AbortSignal): Promise<Transfer> {
  const { source, controlPlane, transport, partSize, contentType, metadata } = job
  const checksum = await checksumOfSmall(job, signal)
  const request: InitiateRequest = {
    fileName: source.name,
    size: source.size,
    ...(contentType && { contentType }),
    ...(metadata && { metadata: { ...metadata } }),
    ...(partSize && { partSize }),
    ...(checksum ? { checksum } : { checksumAlgorithm: transport.preferredAlgorithm ?? ALGORITHM }),
  }
  const answer = await controlPlane.initiate(request, signal)
  if (answer.kind === 'single') {
    return new Single(job, answer, checksum, (signal) => controlPlane.initiate(request, signal))
  }
  if (answer.size !== source.size) {
    throw new NotPartwayError(`Expected an upload of ${source.size} bytes, got one of ${answer.size}.`)
  }
  return Multipart.begin(job, answer, await source.identify(signal))
}

/** A file that will travel in a single PUT is small enough to be read twice: S3 then checks what it gets. */
async function checksumOfSmall<Slice>(
  { source, transport, partSize = DEFAULT_PART_BYTES }: Job<Slice>,
  signal: AbortSignal,
): Promise<Checksum | undefined> {
  if (source.size > Math.min(partSize, MAX_SINGLE_PUT_BYTES)) return undefined
  const algorithm = transport.preferredAlgorithm ?? ALGORITHM
  const crc = await source.crc(algorithm, 0, source.size, signal)
  return { algorithm, value: toBase64(crc) } as Checksum
}

/** Where the API will not, the lifecycle rule does. */
async function abortIfPossible(abort: () => Promise<void>): Promise<void> {
  try {
    await abort()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** To begin anew, what the record says need not be known. */
async function loadReadable(
  load: () => Promise<UploadRecord | undefined>,
): Promise<UploadRecord | undefined> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof RecordError) return undefined
    throw error
  }
}
