import {
  AbortedError,
  ApiError,
  BusyError,
  IntegrityError,
  NetworkError,
  NotPartwayError,
  type PartwayError,
  SourceChangedError,
  SourceReadError,
  StoreError,
  UploadGoneError,
} from '../client/browser/index.ts'

/** `retry` goes on where the upload stopped; `restart` sends the file anew. */
export type Remedy = 'retry' | 'restart'

export interface Explanation {
  /** For a person: what happened, and what they can do. */
  readonly sentence: string
  /** Absent where the same file would fail in the same way. */
  readonly remedy?: Remedy
}

/** What a person reads instead of an exception. A problem of the API brings its own words. */
export function explain(error: PartwayError): Explanation {
  const remedy = error.resumable ? { remedy: 'retry' as const } : {}
  if (error instanceof SourceChangedError) {
    return {
      sentence:
        'This file changed, moved or was deleted after the upload began. Choose it again to send it as it is now.',
    }
  }
  if (error instanceof SourceReadError) {
    return {
      sentence:
        'This file could not be read. What has arrived is kept: check the disk that it is on, then retry.',
      ...remedy,
    }
  }
  if (error instanceof BusyError) {
    return {
      sentence:
        'This file is being uploaded in another tab. Go on there, or close that tab and retry: nothing is sent twice.',
      ...remedy,
    }
  }
  if (error instanceof NetworkError) {
    return {
      sentence: 'The connection was lost. What has arrived is kept: check your network, then retry.',
      ...remedy,
    }
  }
  if (error instanceof ApiError) return { sentence: saidByApi(error), ...remedy }
  if (error instanceof NotPartwayError) {
    return {
      sentence:
        'The server at this address does not speak Partway. Its address may have changed: reload the page.',
    }
  }
  if (error instanceof IntegrityError) {
    return {
      sentence: 'What arrived is not what was read, so it was not kept. Send the file again.',
      remedy: 'restart',
    }
  }
  if (error instanceof StoreError && error.resumable) {
    return {
      sentence: `The storage did not take a part${inBrackets(error.code)}. What has arrived is kept: retry.`,
      ...remedy,
    }
  }
  if (error instanceof StoreError) {
    return {
      sentence: `The storage no longer knows this upload${inBrackets(error.code)}. Send the file again.`,
      remedy: 'restart',
    }
  }
  if (error instanceof UploadGoneError) {
    return {
      sentence:
        'The storage has dropped this upload: it was cancelled elsewhere, or too old. Send the file again.',
      remedy: 'restart',
    }
  }
  if (error instanceof AbortedError) return { sentence: 'The upload was stopped.', ...remedy }
  return { sentence: 'Something unexpected happened. What has arrived is kept: retry.', remedy: 'retry' }
}

/** Of a single call, such as the one for a download, where there is nothing to keep or to go on with. */
export function explainCall(error: unknown): string {
  if (error instanceof ApiError && error.body?.detail !== undefined && error.status < 500)
    return error.body.detail
  if (error instanceof NetworkError)
    return 'The server could not be reached. Check your network, then try again.'
  return 'The server could not answer. Try again in a moment.'
}

function saidByApi({ status, body }: ApiError): string {
  if (body?.detail !== undefined && status < 500) return body.detail
  if (status === 401 || status === 403)
    return 'The server does not know who you are. Sign in again, then retry.'
  if (status === 413) return 'The server does not take files of this size.'
  if (status === 429 || status === 503)
    return 'The server is busy. What has arrived is kept: retry in a moment.'
  const reference = body?.requestId === undefined ? '' : ` (reference ${body.requestId})`
  return `The server could not answer${reference}. What has arrived is kept: retry in a moment.`
}

function inBrackets(code: string | undefined): string {
  return code === undefined ? '' : ` (${code})`
}
