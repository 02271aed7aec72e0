import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as v from 'valibot'
import { ProblemError } from '../protocol/problems.ts'
import type { RequestOf, Route } from '../protocol/routes.ts'

const NOTHING = v.strictObject({})
const LONGEST_ECHO = 80
/** Names that the schemas' library leaves out in silence. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Path parameters, query and JSON body of an event, each validated by its route's schema, in one object.
 * @throws {ProblemError} `invalid-request` that names each member, what was expected and what came
 */
export function parseRequest<R extends Route>(route: R, event: APIGatewayProxyEventV2): RequestOf<R> {
  const { path = NOTHING, query = NOTHING, body } = route.request
  return {
    ...validate('path', path, event.pathParameters ?? {}),
    ...validate('query', query, parseQuery(event.rawQueryString)),
    ...(body && validate('body', body, parseBody(event))),
  } as RequestOf<R>
}

/** The raw query string, because the gateway's own parameters turn a `+` into neither one thing nor the other. */
function parseQuery(rawQueryString: string): Record<string, string> {
  const query = new URLSearchParams(rawQueryString)
  const twice = [...query.keys()].find((name) => query.getAll(name).length > 1)
  if (twice !== undefined) {
    throw new ProblemError(
      'invalid-request',
      `Expected the query parameter ${echo(twice)} once, got it again.`,
    )
  }
  return Object.fromEntries(query)
}

function parseBody({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): object {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
  if (text.trim() === '') throw expectedObject('no body')
  let parsed: unknown
  let reserved: string | undefined
  try {
    parsed = JSON.parse(text, (name, value) => {
      if (RESERVED.has(name)) reserved = name
      return value
    })
  } catch {
    throw expectedObject('something that is not JSON')
  }
  if (reserved) {
    throw new ProblemError('invalid-request', `Expected no field called ${reserved}. Choose another name.`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw expectedObject(echo(text))
  return parsed
}

function expectedObject(got: string): ProblemError {
  return new ProblemError('invalid-request', `Expected a JSON object as body, got ${got}. Send one.`)
}

function validate(where: string, schema: v.GenericSchema, input: unknown): Record<string, unknown> {
  const result = v.safeParse(schema, input)
  if (result.success) return result.output as Record<string, unknown>
  const details = result.issues.map((issue) => `${issuePath(where, issue)}: ${issueText(issue, schema)}`)
  throw new ProblemError('invalid-request', details.join(' '))
}

function issuePath(where: string, issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map(({ key }) => String(key)) ?? []
  return [where, ...keys].map(echo).join('.')
}

function issueText(issue: v.BaseIssue<unknown>, schema: v.GenericSchema): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = issue.path?.length === 1 && 'entries' in schema ? Object.keys(schema.entries as object) : []
    return `unknown; expected ${known.length > 0 ? `only ${known.join(', ')}` : 'nothing of this name'}.`
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') return 'missing; it is required.'
  // Messages of our own begin so; what they do not say is what came, and of an object or a list that would say nothing.
  if (issue.message.startsWith('Expected')) {
    const got = /^(Object|Array)$/.test(issue.received) ? '' : `, got ${echo(issue.received)}`
    return `${issue.message.replace('E', 'e')}${got}.`
  }
  return `expected ${issue.expected ?? issue.message}, got ${echo(issue.received)}.`
}

function echo(text: string): string {
  return text.length > LONGEST_ECHO ? `${text.slice(0, LONGEST_ECHO)}…` : text
}
