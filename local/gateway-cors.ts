import type { Answer } from './gateway-answer.ts'
import type { CorsDescription } from './template.ts'

/**
 * CORS as an HTTP API does it: by its own configuration alone. It answers preflights itself, and what a function says about
 * CORS is dropped. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export interface Cors {
  preflight(origin: string | undefined): Answer
  apply(answer: Answer, origin: string | undefined): Answer
}

export function createCors(cors: CorsDescription): Cors {
  const { AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders, MaxAge, AllowCredentials } = cors

  function allow(origin: string | undefined, more: Record<string, string | undefined>): Answer['headers'] {
    const allowed = AllowOrigins.find((pattern) => origin !== undefined && matches(pattern, origin))
    if (origin === undefined || allowed === undefined) return []
    const headers: Record<string, string | undefined> = {
      'access-control-allow-origin': allowed === '*' && !AllowCredentials ? '*' : origin,
      'access-control-allow-credentials': AllowCredentials ? 'true' : undefined,
      ...more,
      vary: allowed === '*' ? undefined : 'Origin',
    }
    return Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value]] : []))
  }

  return {
    preflight: (origin) => ({
      status: 204,
      headers: allow(origin, {
        'access-control-allow-methods': AllowMethods.join(','),
        'access-control-allow-headers': AllowHeaders.join(','),
        'access-control-max-age': MaxAge?.toString(),
      }),
      body: Buffer.alloc(0),
    }),
    apply: (answer, origin) => ({
      ...answer,
      headers: [
        ...answer.headers.filter(([name]) => !name.startsWith('access-control-')),
        ...allow(origin, { 'access-control-expose-headers': ExposeHeaders.join(',') }),
      ],
    }),
  }
}

/** Exact, or `*`, `http://*`, `https://*`. */
function matches(pattern: string, origin: string): boolean {
  return pattern.endsWith('*') ? origin.startsWith(pattern.slice(0, -1)) : pattern === origin
}
