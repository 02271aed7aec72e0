import type { TrafficOptions } from '../client/node/index.ts'
import { GIB, KIB, MAX_PART_BYTES, MIB, MIN_PART_BYTES } from '../protocol/limits.ts'
import { type Flag, type Flags, type Invocation, UsageError } from './command.ts'
import { suggestion } from './suggest.ts'

const TIB = 1024 * GIB
const UNITS: Record<string, number> = { B: 1, K: KIB, KIB, M: MIB, MIB, G: GIB, GIB, T: TIB, TIB }

/** Flags of every command that moves bytes. */
export const TRAFFIC_FLAGS = {
  concurrency: {
    group: 'traffic',
    value: 'N',
    summary: 'Parts under way at once (as many as the link is worth)',
  },
  'bandwidth-limit': { group: 'traffic', value: 'SIZE', summary: 'A second at most, such as 10MiB (none)' },
  'max-memory': {
    group: 'traffic',
    value: 'SIZE',
    summary: 'Of the process, which limits the parts under way (256MiB)',
  },
} as const satisfies Record<string, Flag>

/**
 * @param expected such as `an API such as https://api.example.com`
 * @throws {UsageError}
 */
export function urlOf(text: string, expected: string): string {
  const url = URL.parse(text)
  if (url?.username || url?.password) {
    // Not even in the message: it would stand in logs, as the URL itself would in journals.
    throw new UsageError(`Expected ${expected}, got one with a user or a password. Leave them out.`)
  }
  if (url && /^https?:$/.test(url.protocol)) return url.href
  throw new UsageError(`Expected ${expected}, got ${JSON.stringify(text)}.`)
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
  const nearest = Math.min(Math.max(Math.round(bytes / MIB) * MIB, MIN_PART_BYTES), MAX_PART_BYTES)
  if (bytes === nearest) return bytes
  throw new UsageError(
    `Expected --part-size of whole MiB from 5MiB to 5GiB, got ${stringFlag(flags['part-size'])}. The nearest is ${nearest / MIB}MiB.`,
  )
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

/** @throws {UsageError} for what is none of these */
export function choice<Choice extends string>(
  flags: Flags,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = stringFlag(flags[name])
  const chosen = choices.find((choice) => choice === text)
  if (text === undefined || chosen !== undefined) return chosen
  const all = [choices.slice(0, -1).join(', '), ...choices.slice(-1)].join(' or ')
  const near = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
  const advice = near ? [`Did you mean ${near}?`] : suggestion(text, choices).filter(isAdvice)
  throw new UsageError([`Expected --${name} ${all}, got ${JSON.stringify(text)}.`, ...advice].join(' '))
}

/** What there is stands in the sentence before. */
function isAdvice(sentence: string): boolean {
  return sentence.startsWith('Did')
}

/**
 * @returns bytes
 * @throws {UsageError}
 */
export function sizeFlag(flags: Invocation['flags'], name: string, example: string): number | undefined {
  const text = stringFlag(flags[name])
  if (text === undefined) return undefined
  const [, number, unit = 'B'] = /^(\d+)\s*([a-z]+)?$/i.exec(text) ?? []
  const factor = UNITS[unit.toUpperCase()]
  if (number !== undefined && factor !== undefined) return Number(number) * factor
  throw new UsageError(
    `Expected --${name} such as ${example}, got ${JSON.stringify(text)}. Units are B, KiB, MiB, GiB and TiB.`,
  )
}

export function stringFlag(value: Flags[string] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Of a repeatable flag: what was given, in its order. */
export function stringFlags(value: Flags[string] | undefined): readonly string[] {
  return typeof value === 'object' ? value : []
}
