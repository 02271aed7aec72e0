import type { S3UploadOptions } from '../../client/node/index.ts'
import { type Invocation, UsageError } from '../command.ts'
import type { Place } from '../place.ts'

export interface StdinUpload {
  readonly files: readonly string[]
  readonly place: Place
  readonly key: string | undefined
  readonly options: S3UploadOptions
}

export async function uploadStdin(_invocation: Invocation, _upload: StdinUpload): Promise<number> {
  throw new UsageError('Expected files, got - for standard input.')
}
