import type { Wait } from '../client/control-plane.ts'
import {
  BusyError,
  FileExistsError,
  NetworkError,
  PartwayError,
  SourceChangedError,
  StoreError,
} from '../client/node/index.ts'
import type { Invocation } from './command.ts'
import { adviceOnSignIn, type Connection } from './connect.ts'
import { EXIT } from './exit-codes.ts'

/** Of the file system. */
const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: 'there is no such file. Check the name.',
  EISDIR: 'that is a folder, or no regular file. Name the files in it.',
  ENOSPC: 'the disk is full.',
}

/** Of an API that gave no answer from the start. */
export const UNREACHED_ADVICE = 'Check the URL, and that the server runs.'

/** What went wrong with a file, and what to do, in a sentence or two. */
export function explain(error: unknown): string {
  if (error instanceof SourceChangedError) {
    return `${error.message} (With --restart, the upload begins anew.)`
  }
  if (error instanceof BusyError) {
    return 'it is being uploaded by another process already. Let that go on, or end it first: nothing is sent twice.'
  }
  if (error instanceof FileExistsError) {
    return `Expected no file at ${error.path}, found one. Choose another name, or replace it with --force.`
  }
  if (error instanceof StoreError && error.code === 'NoSuchBucket') {
    return 'Expected a bucket of that name, the store has none. Look at the name, and at --endpoint-url.'
  }
  if (error instanceof Error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      return `the permission to read or write ${path ?? 'it'} is missing.`
    }
    return (!(error instanceof PartwayError) && code && SYSTEM_ERRORS[code]) || error.message
  }
  return String(error)
}

/** As {@link explain}, and asks an API that said no to the caller what it wants of callers. */
export async function explainRefusal(
  error: unknown,
  connection: Connection,
  invocation: Invocation,
): Promise<string> {
  // That the API cannot be asked is no reason to say less.
  const advice = await adviceOnSignIn(error, connection, invocation).catch(() => undefined)
  return [explain(error), ...(advice === undefined ? [] : [advice])].join(' ')
}

/** Why a try failed, for a line that says it is made again. Holds no URL of the store. */
export function troubleOf(error: PartwayError): string {
  if (error instanceof StoreError) {
    return ['the store answered', error.status, error.code].filter((word) => word !== undefined).join(' ')
  }
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  if (error instanceof NetworkError && code) return `no answer from the store (${code})`
  return error.message.replace(/\.$/, '')
}

/** For a line that says why nothing moves. */
export function waitOf({ waitingFor }: { waitingFor: Wait | undefined }): string {
  if (!waitingFor || waitingFor.for === 'network') return 'waiting for the network; goes on by itself'
  return waitingFor.message
}

/** Whether the API could not be reached, before it had answered anything: there is nothing to go on with. */
export function isUnreached(error: unknown, begun: boolean): boolean {
  return error instanceof NetworkError && !begun
}

export function exitCodeOf(error: unknown): number {
  return error instanceof PartwayError && error.resumable ? EXIT.resumable : EXIT.failed
}
