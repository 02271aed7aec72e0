import { NetworkError } from '../client/node/index.ts'
import { apiOperations } from './api-operations.ts'
import { type Invocation, UsageError } from './command.ts'
import { connect, openS3 } from './connect.ts'
import { EXIT } from './exit-codes.ts'
import { exitCodeOf, explain, explainRefusal, UNREACHED_ADVICE } from './explain.ts'
import type { Operations } from './operations.ts'
import type { Place } from './place.ts'
import { s3Operations } from './s3-operations.ts'

/**
 * Opens a place, has the work done there, closes it again, and says what went wrong.
 * @param work @returns the exit code
 */
export async function withOperations(
  invocation: Invocation,
  place: Place,
  work: (operations: Operations) => Promise<number>,
): Promise<number> {
  const { operations, explainError } = open(invocation, place)
  try {
    return await work(operations)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { output, signal } = invocation
    if (signal.aborted) return EXIT.interrupted
    const advice = error instanceof NetworkError ? [UNREACHED_ADVICE] : []
    output.error([await explainError(error), ...advice].join(' '))
    return exitCodeOf(error)
  } finally {
    operations.close()
  }
}

function open(
  invocation: Invocation,
  place: Place,
): { operations: Operations; explainError(error: unknown): string | Promise<string> } {
  if (place.kind === 's3') {
    return { operations: s3Operations(openS3(invocation, place)), explainError: explain }
  }
  const connection = connect(invocation, place)
  return {
    operations: apiOperations(connection.client),
    explainError: (error) => explainRefusal(error, connection, invocation),
  }
}
