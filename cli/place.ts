import { type Flag, type Invocation, type PlaceKind, UsageError } from './command.ts'
import { stringFlag, urlOf } from './flags.ts'

/** Who the command speaks to, in every command that moves or lists files. */
export const PLACE_FLAGS = {
  api: {
    group: 'place',
    value: 'URL',
    summary: 'The Partway API (PARTWAY_API); or name an s3:// place',
    only: 'api',
  },
  'endpoint-url': {
    group: 'place',
    value: 'URL',
    summary: 'An S3-compatible store (AWS_ENDPOINT_URL_S3; AWS)',
    only: 's3',
  },
  region: {
    group: 'place',
    value: 'REGION',
    summary: 'Of the bucket, or of an API that takes AWS credentials (AWS_REGION)',
  },
  profile: { group: 'place', value: 'NAME', summary: 'Of the AWS configuration (AWS_PROFILE, or default)' },
  'path-style': { group: 'place', summary: 'The bucket in the path, not in the host name', only: 's3' },
} as const satisfies Record<string, Flag>

export type Place = ApiPlace | S3Place

export interface ApiPlace {
  readonly kind: 'api'
  readonly url: string
}

export interface S3Place {
  readonly kind: 's3'
  readonly bucket: string
  readonly endpoint: string | undefined
}

/** An operand such as `s3://bucket/films/a.mov`. */
export interface S3Uri {
  readonly bucket: string
  /** `''` for the bucket itself. */
  readonly key: string
}

const SCHEME = 's3://'

export function isS3Uri(operand: string): boolean {
  return operand.startsWith(SCHEME)
}

/** @throws {UsageError} where it names no bucket */
export function parseS3Uri(operand: string): S3Uri {
  const rest = operand.slice(SCHEME.length)
  const slash = rest.indexOf('/')
  const bucket = slash === -1 ? rest : rest.slice(0, slash)
  if (!isS3Uri(operand) || !/^[a-z0-9][a-z0-9._-]{1,62}$/i.test(bucket)) {
    throw new UsageError(
      `Expected a place such as s3://bucket/folder/film.mov, got ${JSON.stringify(operand)}.`,
    )
  }
  return { bucket, key: slash === -1 ? '' : rest.slice(slash + 1) }
}

/** A key as a command line names it there. */
export function placeText(place: Place, key: string): string {
  return place.kind === 's3' ? `${SCHEME}${place.bucket}/${key}` : key
}

/**
 * The place of all the `s3://` operands, else the API.
 * @throws {UsageError} for two places at once, for none, and for a flag that has no meaning there
 */
export function placeOf(invocation: Invocation, s3Operands: readonly string[]): Place {
  const { command, flags, operands, terminal } = invocation
  const place = s3Operands.length > 0 ? s3Place(invocation, s3Operands) : undefined
  if (place) {
    if (flags.api !== undefined) {
      throw new UsageError(`Expected one place, got --api and ${s3Operands[0]}. Leave one of them out.`)
    }
    requireMeaning(invocation, 's3')
    return place
  }
  const misspelt = operands.find((operand) => /^s3:\//i.test(operand))
  if (misspelt !== undefined) parseS3Uri(misspelt)
  const text = stringFlag(flags.api) ?? terminal.environment.PARTWAY_API
  if (!text) {
    throw new UsageError(
      'endpoint-url' in command.flags
        ? 'Expected a place, got none. Give --api URL or set PARTWAY_API, or name a place such as s3://bucket/folder/.'
        : 'Expected an API, got none. Give --api URL or set PARTWAY_API.',
    )
  }
  requireMeaning(invocation, 'api')
  return {
    kind: 'api',
    url: urlOf(text, 'an API such as https://api.example.com or http://localhost:8080'),
  }
}

function s3Place({ flags, terminal }: Invocation, operands: readonly string[]): S3Place {
  const buckets = new Set(operands.map((operand) => parseS3Uri(operand).bucket))
  const [bucket = '', other] = buckets
  if (other !== undefined) throw new UsageError(`Expected one bucket, got ${bucket} and ${other}.`)
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = terminal.environment
  const endpoint = stringFlag(flags['endpoint-url']) ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined)
  return {
    kind: 's3',
    bucket,
    endpoint: endpoint && urlOf(endpoint, '--endpoint-url such as https://s3.example.com'),
  }
}

/** No flag is ignored in silence. */
function requireMeaning({ command, flags }: Invocation, kind: PlaceKind): void {
  const odd = Object.keys(flags).find((name) => (command.flags[name]?.only ?? kind) !== kind)
  if (odd === undefined) return
  throw new UsageError(
    kind === 'api'
      ? `--${odd} has a meaning straight to S3 alone, the API has no field for it. Leave it out, or name an s3:// place.`
      : `--${odd} has a meaning with an API alone. Leave it out.`,
  )
}
