/**
 * The log: one JSON object a line, as CloudWatch Logs reads it. Nothing here takes a URL, a token or a body; error texts lose
 * whatever looks like one.
 */
export const log = {
  request(requestId: string, fields: Record<string, unknown>): void {
    write('info', { requestId, ...fields })
  },
  error(fields: { requestId: string; uploadId: string | undefined }, error: Error): void {
    write('error', { ...fields, error: describe(error) })
  },
}

const SECRETS = /https?:\/\/\S+|X-Amz-[\w-]+=\S*|[A-Za-z0-9+/=_-]{64,}/g

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return redact(String(error))
  const { name, message, stack, cause } = error
  const { $metadata: store } = error as { $metadata?: { httpStatusCode?: number; requestId?: string } }
  return {
    name,
    message: redact(message),
    stack: stack && redact(stack),
    ...(store && { storeStatus: store.httpStatusCode, storeRequestId: store.requestId }),
    ...(cause !== undefined && { cause: describe(cause) }),
  }
}

function redact(text: string): string {
  return text.replace(SECRETS, '[redacted]')
}

function write(level: string, fields: Record<string, unknown>): void {
  console.log(JSON.stringify({ level, ...fields }))
}
