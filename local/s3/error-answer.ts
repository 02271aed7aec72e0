import type { Answer } from './call.ts'
import { S3Error } from './errors.ts'
import { renderErrorXml } from './xml.ts'

/** What an error's body says of the request it answers. */
export interface ErrorContext {
  /** The path, as the client sent it. */
  resource: string
  requestId: string
  hostId: string
}

export function errorAnswer(error: unknown, context: ErrorContext): Answer {
  return {
    status: toS3Error(error).status,
    headers: { 'content-type': 'application/xml' },
    body: errorDocument(error, context),
  }
}

export function errorDocument(error: unknown, { resource, requestId, hostId }: ErrorContext): string {
  const { code, message, details } = toS3Error(error)
  return renderErrorXml({
    Code: code,
    Message: message,
    ...details,
    Resource: resource,
    RequestId: requestId,
    HostId: hostId,
  })
}

/** A failure of the endpoint itself, such as a full disk; what it was goes to the log alone. */
function toS3Error(error: unknown): S3Error {
  return error instanceof S3Error ? error : new S3Error('InternalError')
}
