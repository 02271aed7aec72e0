import { describe, expect, test } from 'vitest'
import {
  AbortedError,
  ApiError,
  BusyError,
  IntegrityError,
  NetworkError,
  NotPartwayError,
  ObjectChangedError,
  PartwayError,
  RangeNotSatisfiableError,
  SourceChangedError,
  SourceReadError,
  StoreError,
  UploadGoneError,
} from '../../client/errors.ts'
import { isNoSpace, problemOf, tooLarge, wrongType } from '../../element/explain.ts'
import type { ProblemAction } from '../../element/upload-queue.ts'
import type { ProblemType } from '../../protocol/problem-types.ts'
import { ProblemError, problems } from '../../protocol/problems.ts'

const RAW = 'x_1 is not a function <b>at</b> 0xdead'

function api(type: ProblemType, members: Record<string, unknown> = {}): ApiError {
  const body = new ProblemError(type, RAW, members).toBody('r-1')
  return new ApiError(RAW, body.status, body)
}

function store(status: number, code?: string): StoreError {
  return new StoreError(RAW, { status, ...(code !== undefined && { code }) })
}

function dom(name: string): DOMException {
  return new DOMException(RAW, name)
}

const GB = 1e9

describe('an error becomes a code, a sentence, and the button that helps', () => {
  test.each<[unknown, string, RegExp, ProblemAction | undefined]>([
    [new NetworkError(RAW), 'network', /^The connection was lost\. What has arrived is kept/, 'retry'],
    [new ApiError(RAW, 401), 'signed-out', /Sign in/, 'sign-in'],
    [new ApiError(RAW, 403), 'not-allowed', /server does not allow/, 'retry'],
    [api('key-not-yours'), 'not-yours', /somebody else’s/, 'restart'],
    [store(403, 'AccessDenied'), 'not-allowed', /storage does not allow this \(AccessDenied\)\. /, 'retry'],
    [store(403), 'not-allowed', /storage does not allow this\. /, 'retry'],
    [new SourceChangedError(RAW), 'file-changed', /^This file changed.*Choose it again/, 'choose'],
    [
      new SourceChangedError(RAW, { cause: dom('NotReadableError') }),
      'file-changed',
      /^This file changed/,
      'choose',
    ],
    [new SourceChangedError(RAW, { cause: dom('NotFoundError') }), 'file-gone', /deleted/, 'choose'],
    [new SourceReadError(RAW), 'file-unreadable', /could not be read/, 'retry'],
    [new BusyError(RAW), 'busy-elsewhere', /in another tab/, 'retry'],
    [
      api('too-large', { maxObjectSize: 5 * GB }),
      'too-large',
      /^This file is too large: 6\.00 GB, and at most 5\.00 GB are taken\.$/,
      'remove',
    ],
    [new ApiError(RAW, 413), 'too-large', /^This file is too large: 6\.00 GB\.$/, 'remove'],
    [
      api('type-not-allowed', { allowed: ['image/*', 'video/mp4'] }),
      'wrong-type',
      /only image\/\*, video\/mp4\.$/,
      'remove',
    ],
    [store(507), 'quota', /storage is full/, 'retry'],
    [store(403, 'QuotaExceeded'), 'quota', /storage is full/, 'retry'],
    [new ApiError(RAW, 507), 'quota', /storage is full/, 'retry'],
    [dom('QuotaExceededError'), 'no-space', /no space left/, 'retry'],
    [new Error(RAW, { cause: dom('QuotaExceededError') }), 'no-space', /no space left/, 'retry'],
    [dom('NotAllowedError'), 'file-locked', /may not use this file/, 'retry'],
    [new ApiError(RAW, 429), 'server-busy', /server is busy/, 'retry'],
    [api('store-busy'), 'server-busy', /server is busy/, 'retry'],
    [store(503, 'SlowDown'), 'server-busy', /storage is busy/, 'retry'],
    [api('internal-error'), 'server-error', /server failed \(reference r-1\)/, 'retry'],
    [api('parts-missing'), 'server-error', /server failed \(reference r-1\)/, 'retry'],
    [store(507, 'XMinioStorageFull'), 'quota', /storage is full/, 'retry'],
    [api('store-error'), 'server-error', /server failed \(reference r-1\)/, 'retry'],
    [store(500, 'InternalError'), 'server-error', /storage failed \(InternalError\)/, 'retry'],
    [new IntegrityError(RAW), 'integrity', /not what was read/, 'restart'],
    [api('checksum-mismatch'), 'integrity', /not what was read/, 'restart'],
    [store(400, 'BadDigest'), 'integrity', /not what was read/, 'restart'],
    [new UploadGoneError(RAW), 'gone', /no longer has this/, 'restart'],
    [api('upload-unknown'), 'gone', /no longer has this/, 'restart'],
    [store(404, 'NoSuchUpload'), 'gone', /no longer has this/, 'restart'],
    [new ObjectChangedError(RAW), 'object-changed', /was replaced/, 'restart'],
    [new RangeNotSatisfiableError(RAW), 'object-changed', /was replaced/, 'restart'],
    [new NotPartwayError(RAW), 'not-partway', /no Partway API/, 'retry'],
    ...[
      'Failed to fetch dynamically imported module: /a.js',
      'error loading dynamically imported module: /a.js',
      'Importing a module script failed.',
    ].map((words): [unknown, string, RegExp, ProblemAction] => [
      new NetworkError(RAW, { cause: new TypeError(words) }),
      'not-loaded',
      /reload the page/,
      'reload',
    ]),
    [new AbortedError(RAW, true), 'stopped', /was stopped/, 'retry'],
    [new TypeError(RAW), 'unexpected', /Something unexpected/, 'retry'],
  ])('%o', (error, code, sentence, action) => {
    expect(problemOf(error, 6 * GB)).toEqual({ code, sentence: expect.stringMatching(sentence), action })
  })

  test('an API says what is wrong with a request in its own words, and whatever stands there instead does not', () => {
    expect(problemOf(api('invalid-request'))).toMatchObject({
      code: 'refused',
      sentence: expect.stringContaining(RAW),
    })
    const stranger = { type: 'urn:x:y', title: RAW, status: 400, detail: RAW, allowed: [RAW] }
    for (const status of [400, 402, 413, 415, 418, 500]) {
      expect(problemOf(new ApiError(RAW, status, stranger)).sentence).not.toContain(RAW)
    }
  })

  test('a file that is not sent at all: for its size, and for its type', () => {
    expect(tooLarge(10e6, 12e6).sentence).toBe(
      'This file is too large: 12.0 MB, and at most 10.0 MB are taken.',
    )
    expect(wrongType(undefined).sentence).toBe('Files of this type are not taken.')
  })

  test('no room to remember is told from other reasons, at any depth', () => {
    expect(isNoSpace(new Error(RAW, { cause: new Error(RAW, { cause: dom('QuotaExceededError') }) }))).toBe(
      true,
    )
    expect(isNoSpace(dom('InvalidStateError'))).toBe(false)
  })
})

describe('nothing that was thrown is shown', () => {
  class UnknownError extends PartwayError {}
  const circular = new Error(RAW)
  circular.cause = circular
  const DOM_NAMES =
    `IndexSizeError HierarchyRequestError InvalidCharacterError NotFoundError NotSupportedError
    InvalidStateError SyntaxError InvalidModificationError SecurityError NetworkError AbortError QuotaExceededError
    TimeoutError DataCloneError EncodingError NotReadableError UnknownError ConstraintError DataError
    TransactionInactiveError ReadOnlyError VersionError OperationError NotAllowedError`.split(/\s+/)

  test.each<[unknown]>([
    ...[undefined, null, 0, Number.NaN, RAW, '', true, Symbol(RAW), 12n, {}, [], () => RAW].map(
      (odd): [unknown] => [odd],
    ),
    [new Error(RAW)],
    [new RangeError(RAW)],
    [new AggregateError([new Error(RAW)], RAW)],
    [circular],
    [{ message: RAW, name: RAW, cause: RAW }],
    [{ code: RAW, detail: RAW, sentence: RAW }],
    [Object.assign(Object.create(null), { message: RAW })],
    [new UnknownError(RAW, false)],
    [{ cause: Object.create(null) }],
    [store(400, RAW)],
    [store(503, RAW)],
    [new ApiError(RAW, 500, { type: RAW, title: RAW, status: 500, requestId: RAW })],
    ...Object.keys(problems)
      .filter(isNotTheirOwnWords)
      .map((type): [unknown] => [api(type)]),
    ...DOM_NAMES.map((name): [unknown] => [dom(name)]),
  ])('%o', (error) => {
    const { code, sentence } = problemOf(error)
    expect(code).toMatch(/^[a-z-]+$/)
    expect(sentence).toMatch(/^[A-Z].*\.$/)
    expect(sentence).not.toContain(RAW)
    expect(sentence).not.toMatch(/Error|undefined|null|NaN|\[object|Exception|Expected/)
  })

  /** What an API says of a request that is not valid is for whoever made it. */
  function isNotTheirOwnWords(type: string): type is ProblemType {
    return type !== 'invalid-request' && type !== 'too-many-parts'
  }
})
