import { KeyTakenError } from '../client/node/index.ts'
import type { Invocation } from './command.ts'
import type { Connection } from './connect.ts'
import { explainRefusal } from './explain.ts'

/** What went wrong with an upload, and what to do. */
export async function explainUpload(
  error: unknown,
  connection: Connection,
  invocation: Invocation,
): Promise<string> {
  if (error instanceof KeyTakenError) {
    return `Expected no object at ${error.key}, found one. Choose another key, or leave out --if-none-match.`
  }
  return explainRefusal(error, connection, invocation)
}
