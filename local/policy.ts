import type { RequestContext } from './s3/principal.ts'

/** A role's statements, ready to be asked. */
export interface Policy {
  /**
   * @param action e.g. `s3:PutObject`
   * @param resource e.g. `arn:aws:s3:::bucket/key`
   */
  allows(action: string, resource: string, context?: RequestContext): boolean
}

/** A statement as it stands in a policy document, intrinsics resolved. */
export interface Statement {
  Sid?: string
  Effect: string
  Action: string | string[]
  Resource: string | string[]
  Condition?: Record<string, Record<string, string | string[]>>
}

interface Rule {
  denies: boolean
  matches(action: string, resource: string, context: RequestContext): boolean
}

const STATEMENT_FIELDS = ['Sid', 'Effect', 'Action', 'Resource', 'Condition']
const CONDITION_OPERATORS = ['StringEquals', 'StringLike']

/**
 * Evaluates statements as IAM does: nothing is allowed but what a statement allows, and a Deny wins.
 *
 * @param owner whose statements they are, for the errors
 * @throws where a statement says something that is not evaluated here: ignoring it would allow too much
 */
export function createPolicy(statements: Statement[], owner: string): Policy {
  const rules = statements.map((statement) => createRule(statement, owner))
  return {
    allows(action, resource, context = {}) {
      const matching = rules.filter((rule) => rule.matches(action, resource, context))
      return matching.length > 0 && !matching.some((rule) => rule.denies)
    },
  }
}

function createRule(statement: Statement, owner: string): Rule {
  const refuse = (expected: string, got: unknown): Error =>
    new Error(
      `${owner}: expected ${expected} in a policy statement, got ${JSON.stringify(got)}; teach it to local/policy.ts.`,
    )

  const unknown = Object.keys(statement).find((field) => !STATEMENT_FIELDS.includes(field))
  if (unknown !== undefined) throw refuse(STATEMENT_FIELDS.join(', '), unknown)
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
    throw refuse('Effect Allow or Deny', statement.Effect)

  const actions = list(statement.Action).map((action) => wildcard(action, 'i'))
  const resources = list(statement.Resource).map((resource) => wildcard(resource))
  const prefixes = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) => {
    if (!CONDITION_OPERATORS.includes(operator)) throw refuse(CONDITION_OPERATORS.join(' or '), operator)
    return Object.entries(keys).map(([key, values]) => {
      if (key !== 's3:prefix') throw refuse('a condition on s3:prefix', key)
      return list(values).map(operator === 'StringLike' ? (value) => wildcard(value) : literal)
    })
  })

  return {
    denies: statement.Effect === 'Deny',
    matches: (action, resource, { prefix }) =>
      actions.some((pattern) => pattern.test(action)) &&
      resources.some((pattern) => pattern.test(resource)) &&
      prefixes.every((patterns) => prefix !== undefined && patterns.some((pattern) => pattern.test(prefix))),
  }
}

function list(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value]
}

/** IAM's wildcards: `*` for any text, `?` for any one character. */
function wildcard(pattern: string, flags = ''): RegExp {
  const source = escapeRegExp(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.')
  return new RegExp(`^${source}$`, `s${flags}`)
}

function literal(text: string): RegExp {
  return new RegExp(`^${escapeRegExp(text)}$`)
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
