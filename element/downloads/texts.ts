import type { DownloadResult, DownloadSnapshot, PlaceReason } from '../../client/browser/index.ts'
import { problemOf } from '../explain.ts'
import { formatBytes, formatDuration, joined, percentOf } from '../format.ts'
import { pace } from '../item-texts.ts'
import type { Entry } from './entries.ts'

/** What a person reads where a file could not be written. */
export const PLACES: Record<PlaceReason, string> = {
  'no-space':
    'There is not enough space: while it is saved, a file takes up to twice its size. Make some, then resume.',
  'not-allowed': 'The browser may not write this file. Resume, and allow it.',
  gone: 'The file was moved or deleted. Download it again.',
  busy: 'Another tab is downloading to this file, or another program has it open. Let it finish there; or pause or close it there, then resume here.',
  failed: 'The file could not be written. Resume, or download it to another place.',
}

/** What problems are called in a sentence about a download. Of the others, the API's and the storage's own is right. */
const SAID: Record<string, string> = {
  network: 'The connection was lost. What has arrived is kept: check your network, then resume.',
  integrity:
    'Twice, what arrived is not what the storage says it holds, so it was not kept. Download it again.',
  gone: 'The storage no longer has this file.',
  unexpected: 'Something unexpected happened. What has arrived is kept: resume.',
}

/** What went wrong with a download. */
export function problemWith(error: unknown): string {
  const { name, reason } = Object(error) as { name?: string; reason?: PlaceReason }
  if (name === 'PlaceError' && reason) return PLACES[reason]
  const { code, sentence } = problemOf(error)
  return SAID[code] ?? sentence
}

/** What went wrong with a call that nothing is kept of. */
export function problemWithCall(error: unknown): string {
  const { code, sentence } = problemOf(error)
  if (code === 'network') return 'The server could not be reached. Check your network, then try again.'
  if (code === 'unexpected') return 'That did not work. Try again.'
  return SAID[code] ?? sentence
}

const VERIFIED: Record<DownloadResult['verified'], string> = {
  checksum: 'checksum verified',
  etag: 'MD5 verified',
  size: 'size verified',
}

/** Under the name. */
export function statusOf({ size, modified, unfinished, run, handedOver }: Entry): string {
  const stored = formatBytes(size) + (modified ? ` · stored ${formatDate(modified)}` : '')
  if (handedOver) return `Your browser saves it · ${formatBytes(size)}`
  if (!run) {
    return unfinished
      ? `Unfinished: ${formatBytes(unfinished.bytes)} of ${formatBytes(size)} are in ${unfinished.place.name}`
      : stored
  }
  if (run.state === 'downloading' && run.struggling) return 'Connection trouble, trying again…'
  switch (run.state) {
    case 'planned':
      return 'Preparing…'
    case 'downloading': {
      const { bytesResumed = 0 } = run.snapshot() ?? {}
      return bytesResumed > 0 ? `Going on, ${formatBytes(bytesResumed)} were there already` : 'Downloading'
    }
    case 'waiting':
      return run.snapshot()?.waitingFor?.for === 'network'
        ? 'Waiting for the network; goes on by itself'
        : 'Waiting for you to sign in'
    case 'completing':
      return 'Comparing it with what is stored…'
    case 'pausing':
      return 'Saving what has arrived…'
    case 'paused':
      return 'Paused'
    case 'done':
      return `Downloaded, ${VERIFIED[run.result?.verified ?? 'size']} · ${joined([
        formatBytes(size),
        formatDuration((run.result?.elapsed ?? 0) / 1000),
      ])}`
    default:
      return 'Stopped for now'
  }
}

/** What has arrived of it, in bytes. */
export function arrivedOf({ unfinished, run }: Entry): number {
  const { bytesReceived, size } = run?.snapshot() ?? {}
  return (size === undefined ? undefined : bytesReceived) ?? unfinished?.bytes ?? 0
}

export function amountOf(entry: Entry): string {
  const bytes = arrivedOf(entry)
  return joined([
    `${percentOf(bytes, entry.size, false)} %`,
    `${formatBytes(bytes)} of ${formatBytes(entry.size)}`,
  ])
}

export function paceOf({ run }: Entry): string {
  const { rate, eta }: Partial<DownloadSnapshot> = run?.snapshot() ?? {}
  return run?.state === 'downloading' && rate !== undefined ? joined(pace(rate, eta)) : ''
}

/** Why it began anew, while a person may wonder. */
export function noteOf({ run }: Entry): string {
  return run?.restarted ? `Begun anew: ${run.restarted}.` : ''
}

/** What was compared at the end. */
export function proofOf({ run }: Entry): { text: string; checksum: string } | undefined {
  const { result } = run ?? {}
  if (!result) return undefined
  const { checksum, verified, downgraded } = result
  if (verified === 'checksum' && checksum) {
    return {
      text: 'What is in the file is what is stored:',
      checksum: `${checksum.algorithm} ${checksum.value}`,
    }
  }
  return { text: downgraded ?? '', checksum: '' }
}

/** `21 Nov 2026, 18:05`, in this place's time. */
export function formatDate(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}
