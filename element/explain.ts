import type { ApiError, StoreError } from '../client/errors.ts'
import { formatBytes } from './format.ts'
import type { Problem, ProblemAction } from './upload-queue.ts'

const KEPT = 'What has arrived is kept'
const SOON = `${KEPT}: retry in a moment.`
const ANEW = 'Send the file again.'
const CHOOSE = 'Choose it again to send it as it is now.'
const ASK = 'Ask whoever runs it, then retry.'

/** What a code means, and what helps where that is no retry. */
const SAID: Record<string, readonly [sentence: string, action?: ProblemAction]> = {
  network: [`The connection was lost. ${KEPT}: check your network, then retry.`],
  'signed-out': ['Your sign-in has ended. Sign in, and it goes on.', 'sign-in'],
  'not-yours': [`This upload is somebody else’s. ${ANEW}`, 'restart'],
  'file-changed': [`This file changed after its upload began. ${CHOOSE}`, 'choose'],
  'file-gone': [`This file was moved or deleted. ${CHOOSE}`, 'choose'],
  'file-locked': ['The browser may not use this file. Retry, and allow it.'],
  'file-unreadable': [`This file could not be read. ${KEPT}: check the disk that it is on, then retry.`],
  'busy-elsewhere': ['This file is being uploaded in another tab. Go on there, or close that tab and retry.'],
  'no-space': ['There is no space left on this disk. Make some, then retry.'],
  quota: [`The storage is full. ${KEPT}: retry once there is room.`],
  integrity: [`What arrived is not what was read, so it was not kept. ${ANEW}`, 'restart'],
  gone: [`The storage no longer has this: it was deleted elsewhere, or too old. ${ANEW}`, 'restart'],
  'object-changed': ['This was replaced meanwhile. Download it again.', 'restart'],
  'not-partway': [`What answers at the server’s address is no Partway API. ${ASK}`],
  'not-loaded': [
    `A part of this page could not be loaded. ${KEPT}: reload the page, and it goes on.`,
    'reload',
  ],
  stopped: [`This was stopped. ${KEPT}.`],
  unexpected: [`Something unexpected happened. ${KEPT}: retry.`],
}

/** The codes of what the client throws and of what browsers do, by their names. The first that is among an error and its causes counts. */
const CODES: readonly (readonly [name: string, code: string])[] = [
  ['QuotaExceededError', 'no-space'],
  ['NotFoundError', 'file-gone'],
  ['NotAllowedError', 'file-locked'],
  ['SourceChangedError', 'file-changed'],
  ['SourceReadError', 'file-unreadable'],
  ['NotReadableError', 'file-unreadable'],
  ['BusyError', 'busy-elsewhere'],
  ['NotPartwayError', 'not-partway'],
  ['IntegrityError', 'integrity'],
  ['UploadGoneError', 'gone'],
  ['ObjectChangedError', 'object-changed'],
  ['RangeNotSatisfiableError', 'object-changed'],
  ['NetworkError', 'network'],
  ['AbortedError', 'stopped'],
  ['AbortError', 'stopped'],
]

/** What browsers say of code that they could not fetch. Most ask for it no second time before the page is loaded again. */
const NOT_LOADED = /dynamically imported|Importing a module/

/**
 * What a person reads instead of whatever was thrown. Nothing of it is shown but what the API says to be shown, sizes, types, and
 * the words by which whoever runs it finds the rest: a request's reference, S3's code.
 * @param size of the file in bytes, where there is one
 */
export function problemOf(error: unknown, size?: number): Problem {
  const names = namesOf(error)
  if (names[0] === 'ApiError') return saidByApi(error as ApiError, size)
  if (names[0] === 'StoreError') return saidBy('storage', error as StoreError, (error as StoreError).code)
  const { cause } = Object(error) as { cause?: unknown }
  if (cause instanceof Error && NOT_LOADED.test(cause.message)) return problem('not-loaded')
  return problem(CODES.find(([name]) => names.includes(name))?.[1] ?? 'unexpected')
}

/** Whether there was no room to write, on the disk or for this page in the browser. */
export const isNoSpace = (error: unknown): boolean => namesOf(error).includes('QuotaExceededError')

export function tooLarge(most: unknown, size: number | undefined): Problem {
  const is = size === undefined ? '' : `: ${formatBytes(size)}`
  const fits = typeof most === 'number' ? `, and at most ${formatBytes(most)} are taken` : ''
  return problem('too-large', `This file is too large${is}${fits}.`, 'remove')
}

/** @param taken types, such as `image/*`, and endings, such as `.mov` */
export function wrongType(taken: unknown): Problem {
  const only = Array.isArray(taken) ? `, only ${taken.join(', ')}` : ''
  return problem('wrong-type', `Files of this type are not taken${only}.`, 'remove')
}

function saidByApi(error: ApiError, size: number | undefined): Problem {
  const { status, type, body } = error
  const { detail, requestId, maxObjectSize, allowed } = (body ?? {}) as Record<string, string | undefined>
  if (status === 413) return tooLarge(type && maxObjectSize, size)
  if (status === 415) return wrongType(type && allowed)
  if (status === 401) return problem('signed-out')
  if (type === 'key-not-yours') return problem('not-yours')
  if (status < 500 && ![403, 404, 408, 409, 422, 429].includes(status))
    return problem('refused', `The server refused this${type && detail ? `: ${detail}` : '.'}`, 'remove')
  return saidBy('server', error, requestId && `reference ${requestId}`)
}

function saidBy(who: string, { status }: { status: number }, reference: string | undefined): Problem {
  // Whoever answers may be a stranger: that can be anything.
  const words = reference && /^[\w =-]{1,60}$/.test(reference) ? ` (${reference})` : ''
  if (status === 507 || /QuotaExc|StorageFull/.test(words)) return problem('quota')
  if (status === 422 || /Digest|Mismatch/.test(words)) return problem('integrity')
  if (status === 404) return problem('gone')
  if ([408, 429, 503].includes(status)) return problem('server-busy', `The ${who} is busy. ${SOON}`)
  if (status < 500 && status !== 409)
    return problem('not-allowed', `The ${who} does not allow this${words}. ${ASK}`)
  return problem('server-error', `The ${who} failed${words}. ${SOON}`)
}

function problem(
  code: string,
  sentence = SAID[code]?.[0] ?? '',
  action = SAID[code]?.[1] ?? 'retry',
): Problem {
  return { code, sentence, action }
}

/** Of an error and of what caused it. */
function namesOf(error: unknown): unknown[] {
  const names: unknown[] = []
  for (let cause = error; cause instanceof Object && names.length < 9; cause = (cause as Error).cause)
    names.push((cause as Error).name)
  return names
}
