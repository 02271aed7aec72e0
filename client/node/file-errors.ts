import { PartwayError } from '../errors.ts'

/** There is a file of that name already. */
export class FileExistsError extends PartwayError {
  override readonly name = 'FileExistsError'
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(
      `Expected no file at ${path}, found one. Choose another name, or say that it may be replaced.`,
      false,
      options,
    )
    this.path = path
  }
}

/** What has that name is no file whose bytes could be replaced: a folder, a device, a link to nothing. */
export class NotRegularFileError extends PartwayError {
  override readonly name = 'NotRegularFileError'

  constructor(path: string) {
    super(
      `Expected a regular file at ${path}, or none, found a folder, a device or a link to nothing. Choose another name.`,
      false,
    )
  }
}

/** There is a part file that no download of ours began: browsers call theirs by the same name. */
export class ForeignPartFileError extends PartwayError {
  override readonly name = 'ForeignPartFileError'

  constructor(path: string) {
    super(
      `Expected no file at ${path}, or one with its journal beside it, found one without. Move it away, or choose another name.`,
      false,
    )
  }
}

/** The disk has no room left. What is there is kept. */
export class DiskFullError extends PartwayError {
  override readonly name = 'DiskFullError'

  constructor(path: string, options?: ErrorOptions) {
    super(
      `Expected room on the disk for ${path}, found none. Make some and begin again: what is there is kept.`,
      true,
      options,
    )
  }
}

/** Whoever read what a download wrote into a stream has had enough, and closed it. */
export class OutputClosedError extends PartwayError {
  override readonly name = 'OutputClosedError'

  constructor(options?: ErrorOptions) {
    super('Expected the output to take all bytes, but it was closed before. Begin again.', false, options)
  }
}

/** Of a pipe, a socket or a stream that takes no more. */
const CLOSED_CODES = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']

/** @param error of a stream; `undefined` where it was closed without a word */
export function outputError(error: unknown): unknown {
  return error === undefined || CLOSED_CODES.includes(codeOf(error) ?? '')
    ? new OutputClosedError({ cause: error })
    : error
}

/** @returns a DiskFullError where that is what the error says, and else the error itself */
export function diskError(error: unknown, path: string): unknown {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
    ? new DiskFullError(path, { cause: error })
    : error
}

/** Of the file system. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
