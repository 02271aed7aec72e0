import { initiate } from './begin.ts'
import type { UploadId } from './control-plane.ts'
import { ApiError } from './errors.ts'
import { hold } from './holds.ts'
import { compareIdentity } from './identity.ts'
import type { Job, Transfer } from './job.ts'
import { type Replayed, replay } from './journal.ts'
import { journalTouch } from './ledger.ts'
import { Multipart } from './multipart.ts'
import type { Journal } from './ports.ts'

export interface OpenOptions {
  readonly partSize: number | undefined
  readonly resume: 'journal' | 'search' | UploadId
  readonly restart: boolean
}

/**
 * Goes on with the upload that the journal tells of, or one that is searched for, or initiates one.
 * @throws {SourceChangedError} where the source is not what it was then
 * @throws {UploadGoneError} where a certain upload was asked for, and is not there
 */
export async function openUpload<Slice>(
  job: Job<Slice>,
  journal: Journal,
  { partSize, resume, restart }: OpenOptions,
  signal: AbortSignal,
): Promise<Transfer> {
  if (journal.setAside !== undefined) job.emit('set-aside', { reason: journal.setAside })
  const wanted = typeof resume === 'object' ? resume : undefined
  const kept = replay(journal.entries)
  // What another transfer found by searching is that one's, whatever was written down here.
  const past = kept && hold(job, kept.upload) ? kept : undefined
  if (past && (restart || past.ended)) await drop(job, past, signal)
  else if (past && (!wanted || wanted.uploadId === past.upload.uploadId)) return goOn(job, past, signal)

  const searches = resume !== 'journal' || journal.setAside !== undefined
  const upload =
    searches && !restart ? await (await job.extras()).searchUpload(job, wanted, signal) : undefined
  if (!upload) return initiate(job, partSize, signal)
  await job.ledger.append({ type: 'upload', ...upload }, true)
  return new Multipart(job, upload, { upload, parts: new Map(), touched: false })
}

async function goOn<Slice>(
  job: Job<Slice>,
  { upload, parts, completingAt }: Replayed,
  signal: AbortSignal,
): Promise<Transfer> {
  const identity = await job.source.identify(signal)
  const touched = compareIdentity(job.source.name, upload.identity, identity) === 'touched'
  if (touched) await journalTouch(job, { ...upload, identity }, parts.keys())
  return new Multipart(job, upload, { upload, parts, completingAt, touched })
}

/** Has the store drop what is left of an upload, and forgets it. What was completed has nothing left. */
async function drop<Slice>(job: Job<Slice>, { upload, ended }: Replayed, signal: AbortSignal): Promise<void> {
  if (ended !== 'done') await abortIfPossible(() => job.controlPlane.abort(upload, signal))
  await job.ledger.clear()
}

/** Where the API will not, the lifecycle rule does. */
async function abortIfPossible(abort: () => Promise<void>): Promise<void> {
  try {
    await abort()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}
