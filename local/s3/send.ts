import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer, AnswerStream } from './call.ts'

/** Sends an answer; returns when it is out, or the client is gone. */
export async function send(response: ServerResponse, { status, headers = {}, body }: Answer): Promise<void> {
  const stream = typeof body === 'object' ? body : undefined
  try {
    // The client may have left while its answer was made.
    if (response.destroyed) return
    response.statusCode = status
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) response.setHeader(name, toLatin1(value))
    }
    if (stream === undefined) await sendText(response, typeof body === 'string' ? body : '')
    else await sendStream(response, stream)
  } finally {
    stream?.release()
  }
}

async function sendText(response: ServerResponse, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  const mayHaveLength = response.statusCode !== 204 && response.statusCode !== 304
  // A HEAD's answer has set the length of what it leaves out.
  if (mayHaveLength && !response.hasHeader('content-length'))
    response.setHeader('content-length', bytes.length)
  await new Promise<void>((resolve) => {
    response.once('close', resolve)
    response.end(bytes, resolve)
  })
}

async function sendStream(response: ServerResponse, { length, chunks }: AnswerStream): Promise<void> {
  if (length !== undefined) response.setHeader('content-length', length)
  // A file that is shorter than its record breaks the connection, where the client would wait for the rest.
  response.strictContentLength = true
  try {
    await pipeline(Readable.from(chunks, { highWaterMark: 1 }), response)
  } catch (error) {
    if (!isClientGone(error)) throw error
  }
}

/** The answer is half out: nobody is left to be told. */
function isClientGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** Node writes headers as Latin-1: this keeps the UTF-8 bytes that came in as they were. */
function toLatin1(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
