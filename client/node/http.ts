import type { ClientRequest, IncomingMessage } from 'node:http'
import { NetworkError } from '../errors.ts'
import { type Got, type Wanted, Wires } from './wires.ts'

// An import reads all exports, WebSocket among them, and so loads undici: 10 MiB and 30 ms.
const http = process.getBuiltinModule('node:http')
const https = process.getBuiltinModule('node:https')

/** Of an error's body: S3's are some hundred bytes. */
export const LONGEST_BODY = 64 * 1024

/** Connections to the store, kept alive; workers limit how many there are. */
export interface Connections {
  request(url: string, options: { method: string; headers: Record<string, string> }): ClientRequest
  /** A GET whose body may be large. @throws what broke the connection */
  get(url: string, wanted: Wanted): Promise<Got>
  /** Closes those that are idle, so that the process can end. */
  close(): void
}

export function createConnections(): Connections {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  }
  const wires = new Wires()
  return {
    get: (url, wanted) => wires.get(url, wanted),
    request(url, options) {
      const target = new URL(url)
      return target.protocol === 'http:'
        ? http.request(target, { ...options, agent: agents['http:'] })
        : https.request(target, { ...options, agent: agents['https:'] })
    },
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
      wires.close()
    },
  }
}

/** Resolves with the answer's head. @throws {NetworkError}, or the signal's reason */
export function answerTo(request: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', (error) => reject(signal.aborted ? signal.reason : networkError(error)))
  })
}

/** @throws {NetworkError}, or the signal's reason */
export async function readText(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of answer) {
      if (text.length < LONGEST_BODY) text += chunk
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : networkError(error)
  }
  return text
}

export function header(answer: IncomingMessage, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** @returns seconds */
export function retryAfter({ headers }: Pick<IncomingMessage, 'headers'>): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds : undefined
}

export function networkError(error: unknown): NetworkError {
  const { code, message } = error as NodeJS.ErrnoException
  return new NetworkError(`Expected an answer from the store, got none (${code ?? message}).`, {
    cause: error,
  })
}
