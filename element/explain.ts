import {
  AbortedError,
  ApiError,
  BusyError,
  IntegrityError,
  NetworkError,
  NotPartwayError,
  ObjectChangedError,
  RangeNotSatisfiableError,
  SourceChangedError,
  SourceReadError,
  StoreError,
  UploadGoneError,
} from '../client/errors.ts'
import { formatBytes } from './format.ts'
import type { Problem } from './upload-queue.ts'

const KEPT = 'What has arrived is kept'
const CHOOSE = 'Choose it again to send it as it is now.'
const ANEW = 'Send the file again.'
const SOON = `${KEPT}: retry in a moment.`
const ASK = 'Ask whoever runs it, then retry.'

/**
 * What a person reads instead of whatever was thrown. Nothing of an exception is shown but what the API said to be shown, sizes,
 * types, and the words by which whoever runs it finds the rest: a request's reference, S3's code.
 * @param size of the file in bytes, where there is one
 */
export function problemOf(error: unknown, size?: number): Problem {
  if (error instanceof ApiError) return saidByApi(error, size)
  if (error instanceof StoreError) return saidByStore(error)
  if (error instanceof NetworkError)
    return retry('network', `The connection was lost. ${KEPT}: check your network, then retry.`)
  if (error instanceof BusyError)
    return retry(
      'busy-elsewhere',
      'This file is being uploaded in another tab. Go on there, or close that tab and retry: nothing is sent twice.',
    )
  if (error instanceof NotPartwayError)
    return retry('not-partway', `What answers at the server’s address is no Partway API. ${ASK}`)
  if (error instanceof IntegrityError) return notWhatWasRead()
  if (error instanceof UploadGoneError) return gone()
  if (error instanceof ObjectChangedError || error instanceof RangeNotSatisfiableError)
    return restart('object-changed', 'The object was replaced meanwhile. Download it again.')
  if (error instanceof AbortedError) return retry('stopped', `This was stopped. ${KEPT}.`)
  return saidByBrowser(error)
}

/** Of an upload: the sentence, and the button that the page of uploads has for it. */
export function explain(error: unknown): { sentence: string; remedy?: 'retry' | 'restart' } {
  const { sentence, action } = problemOf(error)
  return action === 'retry' || action === 'restart' ? { sentence, remedy: action } : { sentence }
}

/** Of a single call, such as the one for a download. */
export const explainCall = (error: unknown): string => problemOf(error).sentence

/** Whether there was no room to write, on the disk or for this page in the browser. */
export function isNoSpace(error: unknown): boolean {
  return namesOf(error).includes('QuotaExceededError')
}

export function tooLarge(most: number | undefined, size: number | undefined): Problem {
  const is = size === undefined ? '' : `: ${formatBytes(size)}`
  const fits = most === undefined ? '' : `${is && ','} at most ${formatBytes(most)} are taken`
  return remove('too-large', `This file is too large${is}${fits}.`)
}

/** @param taken types, such as `image/*`, and endings, such as `.mov` */
export function wrongType(taken: readonly string[]): Problem {
  const only = taken.length > 0 ? `, only ${taken.join(', ')}` : ''
  return remove('wrong-type', `Files of this type are not taken${only}.`)
}

function saidByApi({ status, type, body }: ApiError, size: number | undefined): Problem {
  if (status === 413)
    return tooLarge(type && (body as { maxObjectSize?: number } | undefined)?.maxObjectSize, size)
  if (status === 415) return wrongType((type && (body as { allowed?: string[] } | undefined)?.allowed) ?? [])
  if (status === 401)
    return {
      code: 'signed-out',
      sentence: 'Your sign-in has ended. Sign in, and it goes on.',
      action: 'sign-in',
    }
  if (type === 'key-not-yours') return restart('not-yours', `This upload is somebody else’s. ${ANEW}`)
  if (status === 403) return retry('not-allowed', `The server does not allow you to do this. ${ASK}`)
  if (status === 404) return gone()
  if (status === 422) return notWhatWasRead()
  if (status === 507) return quota()
  if (status === 408 || status === 409 || status === 429 || status === 503) return busy('server')
  const { detail, requestId } = body ?? {}
  if (status < 500) return remove('refused', `The server refused this${type && detail ? `: ${detail}` : '.'}`)
  return retry(
    'server-error',
    `The server failed${inBrackets(requestId && `reference ${requestId}`)}. ${SOON}`,
  )
}

function saidByStore({ status, code }: StoreError): Problem {
  const said = inBrackets(code)
  if (status === 507 || /quota|full/i.test(code ?? '')) return quota()
  if (status === 404) return gone()
  if (code === 'EntityTooLarge') return tooLarge(undefined, undefined)
  if (code === 'BadDigest' || code === 'XAmzContentChecksumMismatch') return notWhatWasRead()
  if (status === 408 || status === 409 || status === 429 || status === 503) return busy('storage')
  if (status < 500) return retry('not-allowed', `The storage refused this${said}. ${ASK}`)
  return retry('server-error', `The storage failed${said}. ${SOON}`)
}

function saidByBrowser(error: unknown): Problem {
  const names = namesOf(error)
  if (isNoSpace(error))
    return retry('no-space', 'There is no space left on this disk. Make some, then retry.')
  if (names.includes('NotFoundError')) return choose('file-gone', 'This file was moved or deleted')
  if (names.includes('NotAllowedError'))
    return retry('file-locked', 'The browser was not allowed to use this file. Retry, and allow it.')
  if (error instanceof SourceChangedError)
    return choose('file-changed', 'This file changed after its upload began')
  if (error instanceof SourceReadError || names.includes('NotReadableError'))
    return retry(
      'file-unreadable',
      `This file could not be read. ${KEPT}: check the disk that it is on, then retry.`,
    )
  return retry('unexpected', `Something unexpected happened. ${KEPT}: retry.`)
}

const retry = (code: string, sentence: string): Problem => ({ code, sentence, action: 'retry' })
const restart = (code: string, sentence: string): Problem => ({ code, sentence, action: 'restart' })
const remove = (code: string, sentence: string): Problem => ({ code, sentence, action: 'remove' })
const choose = (code: string, what: string): Problem => ({
  code,
  sentence: `${what}. ${CHOOSE}`,
  action: 'choose',
})

const quota = () => retry('quota', `The storage is full. ${KEPT}: retry once there is room.`)
const busy = (who: string) => retry('server-busy', `The ${who} is busy. ${SOON}`)
const notWhatWasRead = () =>
  restart('integrity', `What arrived is not what was read, so it was not kept. ${ANEW}`)
const gone = () =>
  restart('gone', `The storage has dropped this upload: it was cancelled elsewhere, or too old. ${ANEW}`)

/** Of the exception and of what caused it. */
function namesOf(error: unknown): unknown[] {
  const names = []
  for (let cause = error; cause instanceof Object && names.length < 9; cause = (cause as Error).cause) {
    names.push((cause as Error).name)
  }
  return names
}

/** What a stranger's server answers can be anything. */
function inBrackets(words: string | undefined): string {
  return words && /^[\w =-]{1,60}$/.test(words) ? ` (${words})` : ''
}
