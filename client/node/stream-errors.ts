import { AbortedError, PartwayError } from '../errors.ts'

const AGAIN = 'A stream cannot be read again: send it anew, from its beginning.'

/** A stream could not be sent. `cause` says why; what was sent of it is dropped. */
export class StreamError extends PartwayError {
  override readonly name = 'StreamError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** @param fate of the parts, where there were any */
export function endOfStream(cause: PartwayError, fate: 'none' | 'dropped' | 'kept'): PartwayError {
  const parts = {
    none: '',
    dropped: 'Its parts are dropped. ',
    kept: 'Its parts could not be dropped: abort it, or the bucket’s lifecycle rule does. ',
  }[fate]
  return cause instanceof AbortedError
    ? new AbortedError(`The upload was stopped. ${parts}${AGAIN}`, false, { cause })
    : new StreamError(`${cause.message} ${parts}${AGAIN}`, { cause })
}
