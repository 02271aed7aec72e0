import { ApiError, BusyError } from '../client/node/index.ts'
import type { Invocation } from './command.ts'
import type { Connection } from './connect.ts'
import { explain, explainRefusal } from './explain.ts'

/** What went wrong with a download, and what to do. */
export async function explainDownload(
  error: unknown,
  connection: Connection,
  invocation: Invocation,
): Promise<string> {
  if (error instanceof BusyError) return error.message
  if (!(error instanceof ApiError)) return explain(error)
  if (connection.kind === 's3' && error.type === 'object-unknown') {
    return 'Expected an object of that key, the store has none. Check the key and the bucket; a key that ends in / names all that is below it.'
  }
  if (error.type === 'object-unknown') {
    return 'Expected a key that partway upload printed; the store has no object of that key. It may have been deleted.'
  }
  if (connection.kind === 'api' && (error.type === 'key-not-yours' || error.type === 'invalid-request')) {
    return 'Expected a key that partway upload printed; this is no such key, or another caller’s. Copy it whole.'
  }
  return explainRefusal(error, connection, invocation)
}
