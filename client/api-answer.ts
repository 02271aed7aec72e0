import * as v from 'valibot'
import { ProblemBody } from '../protocol/problems.ts'
import type { ResponseOf, Route } from '../protocol/routes.ts'
import { ApiError, NotPartwayError } from './errors.ts'

/**
 * What an API answered, validated by the route's schema.
 * @param base the API's URL, for messages
 * @throws {ApiError} a problem of a function's, or an error of the gateway's
 * @throws {NotPartwayError} whatever else that is
 */
export function readAnswer<R extends Route>(
  route: R,
  base: string,
  status: number,
  text: string,
): ResponseOf<R> {
  const json = parseJson(text)
  if (status !== route.status) throw errorOf(base, status, json, text)
  const parsed = v.safeParse(route.response ?? v.undefined(), route.response ? json : undefined)
  if (!parsed.success) {
    throw new NotPartwayError(
      `Expected the answer of a Partway API from ${base}, got ${excerpt(text)} (${parsed.issues[0].message}). Check the URL.`,
    )
  }
  return parsed.output as ResponseOf<R>
}

/** Whether somebody else answered: a network that wants a sign-in first, or a proxy on the way. An API speaks JSON. */
export function isStrangers(status: number, text: string): boolean {
  return status < 500 && status !== 429 && text !== '' && parseJson(text) === undefined
}

/** A problem of a function's, or `{"message"}` of the gateway's, or something that is no Partway API. */
function errorOf(base: string, status: number, json: unknown, text: string): Error {
  const problem = v.safeParse(ProblemBody, json)
  if (problem.success) {
    const { title, detail, requestId } = problem.output
    const trace = status >= 500 && requestId ? ` (request ${requestId})` : ''
    return new ApiError(`${detail ?? title}${trace}`, status, problem.output)
  }
  const gateway = v.safeParse(v.object({ message: v.nullable(v.string()) }), json)
  if (gateway.success && status !== 404) {
    return new ApiError(`The API at ${base} answered ${status} ${gateway.output.message ?? ''}.`, status)
  }
  if (status >= 500 || status === 429) return new ApiError(`${base} answered ${status}.`, status)
  return new NotPartwayError(
    `Expected a Partway API at ${base}, got ${status} ${excerpt(text)}. Check the URL.`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line === '' ? 'nothing' : JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line)
}
