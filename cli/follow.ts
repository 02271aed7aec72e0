import type { Wait } from '../client/control-plane.ts'
import {
  type Download,
  type DownloadResult,
  PartwayError,
  type Upload,
  type UploadResult,
} from '../client/node/index.ts'
import type { Board, Line } from './board.ts'
import type { EventFields, EventType } from './events.ts'
import { explain, troubleOf, waitOf } from './explain.ts'
import { formatBytes, formatPace, printable } from './format.ts'
import type { Output } from './output.ts'

const PROGRESS_EVENT_EVERY_MS = 1000

/** Shows how an upload goes, until it is over, and tells scripts. */
export async function followUpload(
  run: Upload,
  name: string,
  board: Board,
  output: Output,
): Promise<UploadResult> {
  const line = board.begin(name, () => {
    const { bytesSent: bytes, size, sizeKnown, rate, eta, queued } = run.snapshot()
    const trouble = queued && { trouble: 'waiting for its turn' }
    return { bytes, size: sizeKnown ? size : undefined, rate, eta, ...trouble }
  })
  const report = reporter('upload', name, output)
  run.on('initiated', ({ key, partSize, partCount }) => {
    // A stream that is short has been read to its end by now.
    const { size, sizeKnown } = run.snapshot()
    line.note(sizeKnown ? `sending ${formatBytes(size)}` : 'sending what comes')
    report('started', { key, partSize, ...(sizeKnown && { size, partCount }) })
  })
  run.on('resumed', ({ key, bytes, parts, partSize }) => {
    const { size } = run.snapshot()
    line.note(`going on, ${formatBytes(bytes)} of ${formatBytes(size)} are there already`)
    report('resumed', { key, size, bytes, parts, partSize })
  })
  run.on('restarted', ({ reason }) => {
    line.note(`beginning anew. ${reason}`)
    report('restarted', { reason })
  })
  const warn = (about: string, reason: string, text: string) => {
    line.note(text)
    report('warning', { about, reason })
  }
  run.on('set-aside', ({ reason }) => warn('set-aside', reason, `looking for it in the store. ${reason}`))
  run.on('downgraded', ({ reason }) =>
    warn('downgraded', reason, `not to be verified by checksum. ${reason}`),
  )
  run.on('unrecorded', ({ error }) => {
    const reason = explain(error)
    const advice = 'what is sent cannot be remembered, a kill would cost it'
    warn('unrecorded', reason, `${advice}: ${reason} (--journal names another folder for it.)`)
  })
  run.on('retry', ({ partNumber, delay, error }) => {
    report('retry', { partNumber, delayMs: delay, reason: troubleOf(error) })
    output.detail(
      `${printable(name)}: ${partNumber ? `part ${partNumber}: ` : ''}${troubleOf(error)}; again in ${delay} ms`,
    )
    const isSignedAgain = delay === 0 && partNumber !== undefined
    if (!isSignedAgain) line.trouble(troubleOf(error))
  })
  followMovement(run, line, report, () => {
    const { bytesSent: bytes, size, sizeKnown, rate, eta } = run.snapshot()
    return { bytes, ...(sizeKnown && { size }), rate, eta }
  })
  return settle(run.result, line, report, uploadSummary)
}

/**
 * Shows how a download goes, until it is over, and tells scripts.
 * @param ended what becomes of it
 */
export async function followDownload(
  run: Download,
  name: string,
  board: Board,
  output: Output,
  ended: Promise<DownloadResult> = run.result,
): Promise<DownloadResult> {
  const line = board.begin(name, () => {
    const { bytesReceived: bytes, size = 0, rate, eta } = run.snapshot()
    return { bytes, size, rate, eta }
  })
  const report = reporter('download', name, output)
  run.on('started', ({ path, size }) => {
    line.note(`receiving ${formatBytes(size)} into ${path === '-' ? 'standard output' : printable(path)}`)
    report('started', { path, size })
  })
  run.on('resumed', ({ path, bytes, size }) => {
    line.note(`going on, ${formatBytes(bytes)} of ${formatBytes(size)} are there already`)
    report('resumed', { path, bytes, size })
  })
  run.on('restarted', ({ reason }) => {
    line.note(`beginning anew: ${reason}`)
    report('restarted', { reason })
  })
  run.on('retry', ({ delay, error }) => {
    report('retry', { delayMs: delay, reason: troubleOf(error) })
    output.detail(`${printable(name)}: ${troubleOf(error)}; again in ${delay} ms`)
    const isSignedAgain = delay === 0
    if (!isSignedAgain) line.trouble(troubleOf(error))
  })
  followMovement(run, line, report, () => {
    const { bytesReceived: bytes, size, rate, eta } = run.snapshot()
    return { bytes, size, rate, eta }
  })
  return settle(ended, line, report, downloadSummary)
}

type Report = <Type extends TransferEvent>(type: Type, fields: EventFields<Type>) => void

type TransferEvent = Exclude<EventType, 'summary'>

function reporter(direction: 'upload' | 'download', name: string, output: Output): Report {
  return (type, fields) => output.event(type, { direction, name, ...fields })
}

/** What uploads and downloads have in common. */
interface Moving {
  on(type: 'state', listener: (event: { readonly state: string }) => void): unknown
  on(type: 'progress', listener: () => void): unknown
  snapshot(): { readonly waitingFor: Wait | undefined }
}

/** @param moved what an event of progress says */
function followMovement(run: Moving, line: Line, report: Report, moved: () => EventFields<'progress'>): void {
  run.on('state', ({ state }) => {
    const { waitingFor } = run.snapshot()
    report('state', { state, ...(waitingFor && { waitingFor: waitingFor.for, reason: waitingFor.message }) })
    if (state === 'waiting') line.wait(waitOf({ waitingFor }))
  })
  let toldAt = performance.now()
  run.on('progress', () => {
    line.update()
    if (performance.now() - toldAt < PROGRESS_EVENT_EVERY_MS) return
    toldAt = performance.now()
    report('progress', moved())
  })
}

async function settle<Result extends UploadResult | DownloadResult>(
  result: Promise<Result>,
  line: Line,
  report: Report,
  summary: (result: Result) => string,
): Promise<Result> {
  try {
    const value = await result
    line.end('done')
    line.note(summary(value))
    const { elapsed, ...fields } = value
    report('done', { ...fields, elapsedMs: Math.round(elapsed) })
    return value
  } catch (error) {
    line.end('failed')
    report('failed', {
      error: error instanceof Error ? error.name : 'Error',
      reason: explain(error),
      resumable: error instanceof PartwayError && error.resumable,
    })
    throw error
  }
}

function uploadSummary({ verified, ...result }: UploadResult): string {
  const proof = verified === 'etag' ? 'the MD5 of every part (ETag)' : verified
  return `${transferSummary(result)}, verified by ${proof}`
}

function downloadSummary({ verified, ...result }: DownloadResult): string {
  return `${transferSummary(result)}, verified by ${verified}`
}

function transferSummary({
  size,
  elapsed,
  bytesTransferred,
  bytesResumed,
}: Pick<UploadResult, 'size' | 'elapsed' | 'bytesTransferred' | 'bytesResumed'>): string {
  const resumed = bytesResumed > 0 ? `, ${formatBytes(bytesResumed)} of them before` : ''
  return `done, ${formatBytes(size)}${resumed}, ${formatPace(bytesTransferred, elapsed)}`
}
