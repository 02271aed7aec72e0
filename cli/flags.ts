import type { TrafficOptions } from '../client/node/index.ts'
import { GIB, KIB, MIB } from '../protocol/limits.ts'
import { planParts } from '../protocol/part-plan.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type Flag, type Invocation, UsageError } from './command.ts'

const UNITS: Record<string, number> = { B: 1, K: KIB, KIB, M: MIB, MIB, G: GIB, GIB }

/** Flags of every command that speaks to an API. */
export const API_FLAGS = {
  api: {
    value: 'URL',
    summary: 'The API; if left out, the environment variable PARTWAY_API',
  },
  concurrency: { value: 'N', summary: 'Parts under way at once (as many as the link is worth)' },
  'bandwidth-limit': { value: 'SIZE', summary: 'A second at most, such as 10MiB (none)' },
  'max-memory': { value: 'SIZE', summary: 'Of the process, which limits the parts under way (256MiB)' },
} as const satisfies Record<string, Flag>

/** @throws {UsageError} where there is none, or it is no URL */
export function apiUrl({ flags, terminal }: Invocation): string {
  const text = stringFlag(flags.api) ?? terminal.environment.PARTWAY_API
  if (!text) throw new UsageError('Expected an API, got none. Give --api URL, or set PARTWAY_API.')
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Expected an API such as https://api.example.com or http://localhost:8080, got ${JSON.stringify(text)}.`,
    )
  }
  return url.href
}

/** @throws {UsageError} */
function concurrency({ flags }: Invocation): number | undefined {
  const text = stringFlag(flags.concurrency)
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new UsageError(`Expected --concurrency from 1 to 999, got ${JSON.stringify(text)}.`)
  }
  return Number(text)
}

/**
 * @returns bytes
 * @throws {UsageError}
 */
export function partSize({ flags }: Invocation): number | undefined {
  const bytes = sizeFlag(flags, 'part-size', '16MiB')
  if (bytes === undefined) return undefined
  try {
    planParts(0, bytes)
  } catch (error) {
    if (error instanceof ProblemError) throw new UsageError(error.message)
    throw error
  }
  return bytes
}

/**
 * How much a client may do at once.
 * @throws {UsageError}
 */
export function traffic(invocation: Invocation): TrafficOptions {
  const { flags } = invocation
  return {
    concurrency: concurrency(invocation),
    bandwidthLimit: sizeFlag(flags, 'bandwidth-limit', '10MiB'),
    maxMemory: sizeFlag(flags, 'max-memory', '512MiB'),
  }
}

/** @throws {UsageError} */
export function integrity({ flags }: Invocation): 'whole' | 'signed' | undefined {
  const text = stringFlag(flags.integrity)
  if (text === undefined || text === 'whole' || text === 'signed') return text
  throw new UsageError(`Expected --integrity whole or signed, got ${JSON.stringify(text)}.`)
}

function sizeFlag(flags: Invocation['flags'], name: string, example: string): number | undefined {
  const text = stringFlag(flags[name])
  if (text === undefined) return undefined
  const [, number, unit = 'B'] = /^(\d+)\s*([a-z]+)?$/i.exec(text) ?? []
  const factor = UNITS[unit.toUpperCase()]
  if (number !== undefined && factor !== undefined) return Number(number) * factor
  throw new UsageError(`Expected --${name} such as ${example}, got ${JSON.stringify(text)}.`)
}

export function stringFlag(value: string | true | undefined): string | undefined {
  return value === true ? undefined : value
}
