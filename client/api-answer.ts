import { paths } from '../protocol/paths.ts'
import type { ResponseOf, RouteName, Routes } from '../protocol/routes.ts'
import type { ProblemBody } from '../protocol/schemas.ts'
import { answers, problem } from './answers.ts'
import { ApiError, NotPartwayError } from './errors.ts'
import { readOr } from './reader.ts'

/**
 * What an API answered, where that is what the operation answers.
 * @param base the API's URL, for messages
 * @throws {ApiError} a problem of a function's, or an error of the gateway's
 * @throws {NotPartwayError} whatever else that is
 */
export function readAnswer<Name extends RouteName>(
  name: Name,
  base: string,
  status: number,
  text: string,
): ResponseOf<Routes[Name]> {
  const json = parseJson(text)
  if (status !== paths[name].status) throw errorOf(base, status, json, text)
  try {
    return answers[name](json)
  } catch {
    throw stranger(base, status, text)
  }
}

/** Whether somebody else answered: a network that wants a sign-in first, or a proxy on the way. An API speaks JSON. */
export function isStrangers(status: number, text: string): boolean {
  return status < 500 && status !== 429 && text !== '' && parseJson(text) === undefined
}

/** A problem of a function's, or `{"message"}` of the gateway's, or something that is no Partway API. */
function errorOf(base: string, status: number, json: unknown, text: string): Error {
  if (readOr(problem, json)) {
    const { title, detail = title, requestId } = json as ProblemBody
    const trace = status >= 500 && requestId ? ` (request ${requestId})` : ''
    return new ApiError(detail + trace, status, json as ProblemBody)
  }
  const { message } = Object(json)
  const isGateways = status !== 404 && (message === null || typeof message === 'string')
  return isGateways || status >= 500 || status === 429
    ? new ApiError(`The API at ${base} answered ${status}${message ? ` ${message}` : ''}.`, status)
    : stranger(base, status, text)
}

function stranger(base: string, status: number, text: string): NotPartwayError {
  const line = text.replace(/\s+/g, ' ').trim()
  const excerpt = line === '' ? 'nothing' : JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line)
  return new NotPartwayError(`Expected a Partway API at ${base}, got ${status} ${excerpt}. Check the URL.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
