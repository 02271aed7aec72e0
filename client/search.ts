import { MAX_UPLOADS_PAGE } from '../protocol/limits.ts'
import { safeFileName } from '../protocol/object-key.ts'
import { partRange, plan } from '../protocol/part-plan.ts'
import { orAborted } from './abort.ts'
import { isUploadUnknown } from './complete.ts'
import type { ListedUpload, UploadId } from './control-plane.ts'
import { UploadGoneError } from './errors.ts'
import { hold } from './holds.ts'
import type { Job } from './job.ts'
import type { JournaledUpload } from './ports.ts'
import { Proofs } from './proofs.ts'
import { readAgain } from './read-again.ts'

type Candidate = ListedUpload & { readonly size: number; readonly partSize: number }

/**
 * Looks for an unfinished upload of this file among the caller's, where no journal tells: of the same name and size, the latest
 * first. It is this file's if the first part that the store holds is; the others are read before they count, too. What another
 * transfer of this client has is not this one's.
 * @param wanted this one, and no other
 * @throws {UploadGoneError} where that is not there
 */
export async function searchUpload<Slice>(
  job: Job<Slice>,
  wanted: UploadId | undefined,
  signal: AbortSignal,
): Promise<JournaledUpload | undefined> {
  const { searches } = job.holds
  const { size } = job.source
  const before = searches.get(size)
  const search = orAborted(before, signal).then(() => searchAlone(job, wanted, signal))
  const after = Promise.allSettled([before, search])
  searches.set(size, after)
  try {
    return await search
  } finally {
    if (searches.get(size) === after) searches.delete(size)
  }
}

async function searchAlone<Slice>(
  job: Job<Slice>,
  wanted: UploadId | undefined,
  signal: AbortSignal,
): Promise<JournaledUpload | undefined> {
  const { source } = job
  const name = safeFileName(source.name)
  const found: Candidate[] = []
  for await (const upload of listAll(job, signal)) {
    const fits = wanted
      ? upload.uploadId === wanted.uploadId && upload.key === wanted.key
      : safeFileName(upload.fileName) === name
    const { size, partSize } = upload
    if (fits && size === source.size && partSize) found.push({ ...upload, size, partSize })
  }
  found.sort((a, b) => b.initiated.localeCompare(a.initiated))
  for (const upload of found) {
    const adopted = job.holds.owners.has(upload.uploadId)
      ? undefined
      : await adopt(job, upload, !!wanted, signal)
    if (adopted && hold(job, adopted)) return adopted
  }
  if (!wanted) return undefined
  throw new UploadGoneError(
    'Expected an unfinished upload of this file, got none that the store knows and whose parts are this file’s. Begin anew.',
  )
}

async function* listAll<Slice>(
  { controlPlane, source }: Job<Slice>,
  signal: AbortSignal,
): AsyncGenerator<ListedUpload> {
  const like = { fileName: source.name, size: source.size }
  let cursor: string | undefined
  do {
    const page = await controlPlane.listUploads(
      { limit: MAX_UPLOADS_PAGE, like, ...(cursor !== undefined && { cursor }) },
      signal,
    )
    yield* page.uploads
    cursor = page.next
  } while (cursor !== undefined)
}

/** @param isWanted is this file's also where nothing of it has arrived yet */
async function adopt<Slice>(
  { source, controlPlane, extras }: Job<Slice>,
  { key, uploadId, size, partSize, initiated }: Candidate,
  isWanted: boolean,
  signal: AbortSignal,
): Promise<JournaledUpload | undefined> {
  const upload = { key, uploadId }
  const listing = await controlPlane.listParts(upload, signal).catch((error: unknown) => {
    if (isUploadUnknown(error)) return undefined
    throw error
  })
  const planned = plan(size, partSize)
  const first = listing?.parts.find(
    (part) => part.partNumber <= planned.partCount && part.size === partRange(planned, part.partNumber).size,
  )
  if (!listing || !(first || (isWanted && listing.parts.length === 0))) return undefined
  const algorithm = !first || first.checksum ? listing.checksumAlgorithm : 'NONE'
  const proofs = new Proofs(planned, algorithm, { emit() {}, extras })
  await proofs.ready()
  if (first && !(await readAgain(partRange(planned, first.partNumber), first, source, proofs, signal)))
    return undefined
  return {
    ...upload,
    ...{ endpoint: controlPlane.endpoint, sourceId: source.id, identity: await source.identify(signal) },
    ...{ size, partSize, checksumAlgorithm: algorithm, initiated },
  }
}
