/** A CloudFormation template: the sections that are read here. */
export interface Template {
  Parameters?: Record<string, { Default?: unknown }>
  Resources: Record<string, Resource>
}

export interface Resource {
  Type: string
  Properties?: Record<string, unknown>
}

/** What a `Ref` or an `Fn::GetAtt` of a resource gives. */
export interface Attributes {
  ref: string
  [attribute: string]: string
}

export interface Scope {
  template: Template
  /** @throws where the local AWS gives such a resource no attributes */
  attributesOf(logicalId: string): Attributes
}

export const ACCOUNT_ID = '000000000000'
export const REGION = 'us-east-1'

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::AccountId': ACCOUNT_ID,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (name, scope) => ref(text(name), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId = '', attribute = ''] = Array.isArray(argument)
      ? argument.map(text)
      : text(argument).split('.')
    return attributeOf(logicalId, attribute, scope)
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = items(argument)
    return items(resolve(parts, scope)).map(text).join(text(separator))
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = items(argument)
    return text(resolve(source, scope)).split(text(separator))
  },
  'Fn::Select': (argument, scope) => {
    const [index, list] = items(argument)
    const values = items(resolve(list, scope))
    const selected = values[Number(index)]
    if (selected === undefined)
      throw new Error(`expected an index below ${values.length} in Fn::Select, got ${index}`)
    return selected
  },
  'Fn::Sub': (argument, scope) => {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const values = record(resolve(variables, scope))
    return text(pattern).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      if (name in values) return text(values[name])
      const [logicalId = '', ...attribute] = name.split('.')
      return attribute.length > 0 ? attributeOf(logicalId, attribute.join('.'), scope) : ref(name, scope)
    })
  },
}

/**
 * Resolves the intrinsic functions in a value of the template.
 *
 * @throws at an intrinsic, a parameter or an attribute that is not known here
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [name, argument] = entries[0] ?? ['', undefined]
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = INTRINSICS[name]
    if (intrinsic !== undefined) return intrinsic(argument, scope)
    const known = Object.keys(INTRINSICS).join(', ')
    throw new Error(`expected one of ${known}, got ${name}; teach it to local/intrinsics.ts`)
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, scope)]))
}

function ref(name: string, scope: Scope): string {
  const pseudo = PSEUDO_PARAMETERS[name]
  if (pseudo !== undefined) return pseudo
  const parameter = scope.template.Parameters?.[name]
  if (parameter === undefined) return scope.attributesOf(name).ref
  if (typeof parameter.Default !== 'string') {
    throw new Error(
      `expected a default of the parameter ${name}, got none; the local AWS asks for no parameters`,
    )
  }
  return parameter.Default
}

function attributeOf(logicalId: string, attribute: string, scope: Scope): string {
  const attributes = scope.attributesOf(logicalId)
  const value = attributes[attribute]
  if (attribute !== 'ref' && value !== undefined) return value
  const known = Object.keys(attributes)
    .filter((key) => key !== 'ref')
    .join(', ')
  throw new Error(
    `expected an attribute of ${logicalId} (${known || 'it has none'}), got ${attribute}; teach it to local/template.ts`,
  )
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Error(`expected a text in an intrinsic function, got ${JSON.stringify(value)}`)
}

function items(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`expected a list in an intrinsic function, got ${JSON.stringify(value)}`)
}

function record(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}))
}
