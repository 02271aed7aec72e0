import { type IncomingHttpHeaders, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { text } from 'node:stream/consumers'

export interface RawRequest {
  method?: string
  headers?: Record<string, string>
  body?: Uint8Array | string
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** One request with exactly these headers (fetch would not let Host pass), and `Content-Length` where there is a body. */
export async function send(
  url: string,
  { method = 'GET', headers = {}, body }: RawRequest = {},
): Promise<RawAnswer> {
  const over = url.startsWith('https:') ? overHttps : overHttp
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const outgoing = over(url, { method, headers: { ...length, ...headers } }, (answer) => {
    const { statusCode = 0, headers } = answer
    text(answer).then((body) => resolve({ status: statusCode, headers, body }), reject)
  })
  outgoing.on('error', reject).end(body)
  return promise
}

/** What S3 said of a refused request: the status, and `Code` of the XML body. */
export function refusalOf({ status, body }: RawAnswer): { status: number; code: string | undefined } {
  return { status, code: /<Code>(.*?)<\/Code>/.exec(body)?.[1] }
}

/** The same of a call of the SDK that is refused. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number | undefined; code: string }> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error as { name: string; $metadata?: { httpStatusCode?: number } },
  )
  if (error === undefined) throw new Error('expected S3 to refuse, but it accepted')
  return { status: error.$metadata?.httpStatusCode, code: error.name }
}
