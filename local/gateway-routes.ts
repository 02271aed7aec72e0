import type { RouteDescription } from './template.ts'

export interface Match {
  route: RouteDescription
  /** Decoded. */
  pathParameters: Record<string, string>
}

/**
 * Finds the route of a request as an HTTP API does: a literal segment before a parameter, a parameter before a greedy one
 * (`{name+}`), a named method before `ANY`.
 *
 * @returns a function of method and path, the latter still percent-encoded. It throws URIError where the path cannot be decoded.
 */
export function createRouter(
  routes: RouteDescription[],
): (method: string, path: string) => Match | undefined {
  const patterns = routes
    .map((route) => ({ route, segments: route.path.split('/').map(readSegment) }))
    .sort((a, b) => compare(rank(a), rank(b)))
  return (method, path) => {
    const asked = path.split('/')
    for (const { route, segments } of patterns) {
      if (route.method !== 'ANY' && route.method !== method) continue
      const pathParameters = matchSegments(segments, asked)
      if (pathParameters !== undefined) return { route, pathParameters }
    }
    return undefined
  }
}

type Segment = { kind: 'literal' | 'parameter' | 'greedy'; name: string }

const RANKS = { literal: '0', parameter: '1', greedy: '2' }

function readSegment(text: string): Segment {
  const parameter = /^\{([^}+]+)(\+?)\}$/.exec(text)
  if (parameter === null) return { kind: 'literal', name: text }
  return { kind: parameter[2] ? 'greedy' : 'parameter', name: parameter[1] ?? '' }
}

function rank({ route, segments }: { route: RouteDescription; segments: Segment[] }): string {
  return segments.map(({ kind }) => RANKS[kind]).join('') + (route.method === 'ANY' ? '1' : '0')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function matchSegments(segments: Segment[], asked: string[]): Record<string, string> | undefined {
  const greedy = segments.at(-1)?.kind === 'greedy'
  if (greedy ? asked.length < segments.length : asked.length !== segments.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, { kind, name }] of segments.entries()) {
    const value = kind === 'greedy' ? asked.slice(index).join('/') : (asked[index] ?? '')
    if (kind === 'literal' && value !== name) return undefined
    if (kind !== 'literal') {
      if (value === '') return undefined
      parameters[name] = decodeURIComponent(value)
    }
  }
  return parameters
}
