import { PartwayError } from './errors.ts'

/**
 * Why a file could not be written. `no-space`: the disk is full, or the browser gives this page no more of it; `not-allowed`: the
 * person has not said, or says no longer, that this page may; `gone`: it was moved or deleted; `busy`: another tab or program has it.
 */
export type PlaceReason = 'no-space' | 'not-allowed' | 'gone' | 'busy' | 'failed'

const ADVICE: Record<PlaceReason, string> = {
  'no-space': 'there is no space. Make some, then go on.',
  'not-allowed': 'this page may not. Allow it, then go on.',
  gone: 'it was moved or deleted. Choose where to save again.',
  busy: 'another tab or program has it. Close that, then go on.',
  failed: 'the browser could not. Try again, or choose another place.',
}

/** The file that a download goes to could not be written. What was saved before is kept. */
export class PlaceError extends PartwayError {
  override readonly name = 'PlaceError'
  readonly reason: PlaceReason

  constructor(fileName: string, reason: PlaceReason, options?: ErrorOptions) {
    super(`Expected to write ${fileName}: ${ADVICE[reason]}`, reason !== 'gone', options)
    this.reason = reason
  }
}
