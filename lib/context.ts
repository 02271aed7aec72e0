import type { Node } from 'constructs'
import { GIB, KIB, MAX_OBJECT_BYTES, MIB } from '../protocol/limits.ts'
import { type Auth, auths } from './auth.ts'
import type { UploadStackProps } from './upload-stack.ts'

const NAMES = ['auth', 'origins', 'maxObjectSize', 'urlLifetime', 'abortAfterDays'] as const
const UNITS: Record<string, number> = { '': 1, KIB, MIB, GIB, TIB: 1024 * GIB }

/**
 * The app's context (`cdk deploy -c name=value`), read into props.
 * @throws {Error} for a value that is not one, and for a name that is nearly one of ours: what came, what is allowed, what to write
 */
export function readContext(node: Node): UploadStackProps {
  requireKnownNames(node)
  const auth = readAuth(node)
  const origins = readOrigins(node)
  if (auth === 'none' && (origins.length === 0 || origins.includes('*'))) {
    throw new Error(
      `auth=none lets anyone who reaches the endpoint upload, so it wants the origins of your pages: expected -c origins=https://www.example.com, got ${origins.length === 0 ? 'none' : '*'}. Name them, or leave auth out for iam.`,
    )
  }
  return {
    auth,
    origins,
    ...optional('maxObjectSize', readSize(node)),
    ...optional('urlLifetime', readInteger(node, 'urlLifetime', 'seconds', 60, 3600)),
    ...optional('abortAfterDays', readInteger(node, 'abortAfterDays', 'days', 1, 365)),
  }
}

type Name = (typeof NAMES)[number]

function readAuth(node: Node): Auth {
  const value = read(node, 'auth') ?? 'iam'
  const auth = auths.find((candidate) => candidate === value)
  if (!auth) throw unexpected('auth', auths.join(' or '), value, '-c auth=iam')
  return auth
}

function readOrigins(node: Node): string[] {
  const value = read(node, 'origins') ?? ''
  const origins = value
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '')
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin))
  if (wrong !== undefined) {
    throw unexpected(
      'origins',
      'a scheme and a host, with a port where it has one and no path',
      wrong,
      '-c origins=https://www.example.com,http://localhost:5173',
    )
  }
  return origins
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text
}

function readSize(node: Node): number | undefined {
  const value = read(node, 'maxObjectSize')
  if (value === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d+) ?([KMGT]iB)?$/i.exec(value) ?? []
  const size = Number(digits) * (UNITS[unit.toUpperCase()] ?? 0)
  if (digits === '' || size < 1 || size > MAX_OBJECT_BYTES) {
    throw unexpected(
      'maxObjectSize',
      `1 to ${MAX_OBJECT_BYTES} bytes, or a size such as 5GiB`,
      value,
      '-c maxObjectSize=5GiB',
    )
  }
  return size
}

function readInteger(node: Node, name: Name, unit: string, min: number, max: number): number | undefined {
  const value = read(node, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw unexpected(name, `a whole number of ${unit} from ${min} to ${max}`, value, `-c ${name}=${max}`)
  }
  return number
}

/** Context given on the command line is text, and in cdk.json may be a number. */
function read(node: Node, name: Name): string | undefined {
  const value: unknown = node.tryGetContext(name)
  return value === undefined || value === null ? undefined : String(value).trim()
}

/** Names of CDK's own have a colon or an at sign; of others', we only refuse those that look like a slip. */
function requireKnownNames(node: Node): void {
  const given = Object.keys(node.getAllContext()).filter((name) => /^[a-z-]+$/i.test(name))
  for (const name of given) {
    const meant = NAMES.find((known) => known !== name && isSlip(name, known))
    if (meant && !NAMES.some((known) => known === name)) {
      throw new Error(`Expected context ${NAMES.join(', ')}; got ${name}. Did you mean -c ${meant}=…?`)
    }
  }
}

/** Whether one letter too many, too few or wrong, or another case, makes `name` of `known`. */
function isSlip(name: string, known: string): boolean {
  const [a, b] = [name.toLowerCase().replaceAll('-', ''), known.toLowerCase()]
  if (a === b) return true
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++
  const rest = (text: string, skip: number) => text.slice(start + skip)
  return rest(a, 1) === rest(b, 1) || rest(a, 1) === rest(b, 0) || rest(a, 0) === rest(b, 1)
}

function optional<K extends string>(name: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: number })
}

function unexpected(name: Name, expected: string, got: string, example: string): Error {
  return new Error(`Context ${name}: expected ${expected}, got "${got}". Write, for example, ${example}.`)
}
