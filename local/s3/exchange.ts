import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isAllowedHost, refusalOf } from '../hosts.ts'
import type { Answer, Endpoint } from './call.ts'
import { corsHeaders } from './cors-match.ts'
import { errorAnswer, errorDocument } from './error-answer.ts'
import { S3Error } from './errors.ts'
import { parseRequest, type S3Request } from './request.ts'
import { route } from './router.ts'
import { send } from './send.ts'

type Ids = Pick<S3Request, 'requestId' | 'hostId'>

/** Answers one request, whatever it is; returns when the answer is out, or the client is gone. */
export async function answerRequest(
  endpoint: Endpoint,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ids = requestIds()
  const answer = await produce(endpoint, incoming, response, ids)
  const headers = {
    'x-amz-request-id': ids.requestId,
    'x-amz-id-2': ids.hostId,
    server: 'Partway',
    ...answer.headers,
  }
  try {
    const sent = send(response, { ...answer, headers })
    // An early refusal leaves a body on its way: it is read and dropped, so that the connection lives on.
    incoming.resume()
    await sent
  } catch (error) {
    reportFailure(endpoint, error)
    response.destroy()
  }
}

async function produce(
  endpoint: Endpoint,
  incoming: IncomingMessage,
  response: ServerResponse,
  ids: Ids,
): Promise<Answer> {
  const context = { ...ids, resource: incoming.url?.split('?')[0] ?? '/' }
  let cors = {}
  try {
    assertHost(endpoint, incoming)
    const request = parseRequest(incoming, response, ids)
    const bucket = request.bucket === undefined ? undefined : endpoint.store.find(request.bucket)
    if (request.method !== 'OPTIONS') {
      cors = corsHeaders(bucket?.record.cors ?? [], request.method, request.headers)
    }
    const answer = await route(endpoint, request)
    return { ...answer, headers: { ...answer.headers, ...cors } }
  } catch (error) {
    if (!(error instanceof S3Error)) reportFailure(endpoint, error)
    const answer = errorAnswer(error, context)
    return { ...answer, headers: { ...answer.headers, ...cors } }
  }
}

/** @throws S3Error where a browser asks by a name that a page of the Web may have brought here. */
function assertHost({ hosts }: Endpoint, { headers: { host } }: IncomingMessage): void {
  if (host !== undefined && !isAllowedHost(host, hosts)) throw new S3Error('AccessDenied', refusalOf(host))
}

function requestIds(): Ids {
  return {
    requestId: randomBytes(8).toString('hex').toUpperCase(),
    hostId: randomBytes(56).toString('base64'),
  }
}

/** What is no HTTP gets an answer in S3's form nevertheless. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeaderSectionTooLarge' : 'BadRequest'
  const { requestId, hostId } = requestIds()
  const body = errorDocument(new S3Error(code), { resource: '/', requestId, hostId })
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\nx-amz-request-id: ${requestId}\r\nx-amz-id-2: ${hostId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Such as a full disk: the client learns that it was not its fault, the terminal learns why. */
function reportFailure({ closing }: Endpoint, error: unknown): void {
  if (!closing.aborted) process.emitWarning(error instanceof Error ? error : String(error))
}
