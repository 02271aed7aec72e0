import { claimsOf } from '../../client/bearer-token.ts'
import { defaultCredentials, NetworkError } from '../../client/node/index.ts'
import type { DescribeResponse } from '../../protocol/schemas.ts'
import { type Invocation, UsageError } from '../command.ts'
import { type ApiConnection, connect, openS3 } from '../connect.ts'
import { storeOf, TOKEN_VARIABLE, tokenOf } from '../credentials.ts'
import { EXIT } from '../exit-codes.ts'
import { explain, explainRefusal, UNREACHED_ADVICE } from '../explain.ts'
import { stringFlag } from '../flags.ts'
import { type ApiPlace, parseS3Uri, placeOf, type S3Place } from '../place.ts'
import { apiName } from '../tokens.ts'
import { type Check, failed } from './check.ts'
import { examineApi } from './checks-api.ts'
import { examineS3 } from './checks-s3.ts'

const LONGEST_NAME = 'CORS of the bucket'.length
const MARKS = { ok: 'ok', warning: 'warning', failed: 'FAILED', 'not checked': '-' }

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags } = invocation
  if (operands.length > 1) throw new UsageError(`Expected one place, got ${operands.join(' ')}.`)
  for (const operand of operands) parseS3Uri(operand)
  const origin = originOf(stringFlag(flags.origin))
  const place = placeOf(invocation, operands)
  return place.kind === 'api'
    ? report(invocation, () => checksOfApi(invocation, place, origin))
    : report(invocation, () => checksOfS3(invocation, place, origin))
}

/** Says each as it is known. */
async function report(invocation: Invocation, examine: () => AsyncGenerator<Check>): Promise<number> {
  const { output, signal } = invocation
  let failures = 0
  try {
    for await (const { name, outcome, detail, fix } of examine()) {
      if (outcome === 'failed') failures += 1
      output.record({ type: 'check', name, outcome, detail, fix })
      output.result(`${MARKS[outcome].padEnd(7)} ${name.padEnd(LONGEST_NAME)}  ${detail}`)
      if (fix) output.result(`${' '.repeat(LONGEST_NAME + 10)}${fix}`)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (signal.aborted) return EXIT.interrupted
    output.error(error instanceof NetworkError ? `${explain(error)} ${UNREACHED_ADVICE}` : explain(error))
    return EXIT.failed
  }
  output.record({ type: 'checked', failed: failures })
  return failures === 0 ? EXIT.done : EXIT.failed
}

async function* checksOfApi(
  invocation: Invocation,
  place: ApiPlace,
  origin: string | undefined,
): AsyncGenerator<Check> {
  const connection = connect(invocation, place) as ApiConnection
  const { client } = connection
  const subject = {
    api: client.api,
    apiUrl: place.url,
    origin,
    contentType: stringFlag(invocation.flags['content-type']),
    signedInBy: (description: DescribeResponse) => signedInBy(invocation, place, description),
    explain: (error: unknown) => explainRefusal(error, connection, invocation),
    signal: invocation.signal,
  }
  try {
    yield* examineApi(subject)
  } finally {
    client.close()
  }
}

async function signedInBy(
  invocation: Invocation,
  { url }: ApiPlace,
  { auth }: DescribeResponse,
): Promise<string> {
  const token = tokenOf(invocation)
  if (token !== undefined) {
    const { exp } = claimsOf(token)
    const until = typeof exp === 'number' ? `, until ${new Date(exp * 1000).toISOString()}` : ''
    return `it takes the token in ${TOKEN_VARIABLE}${until}`
  }
  const kept = await storeOf(invocation).read(apiName(url))
  if (!kept) return auth === 'iam' ? 'it takes these AWS credentials' : 'it takes callers without a token'
  const whose = kept.name ? ` of ${kept.name}` : ''
  const renewed = kept.refreshToken ? ', renewed by itself' : ', not to be renewed'
  return `it takes the sign-in${whose} that partway login keeps${kept.expiresAt ? `, until ${kept.expiresAt}` : ''}${renewed}`
}

async function* checksOfS3(
  invocation: Invocation,
  place: S3Place,
  origin: string | undefined,
): AsyncGenerator<Check> {
  const { flags, operands, signal, terminal } = invocation
  const provider = defaultCredentials(stringFlag(flags.profile), terminal.environment)
  // Those that are there now: nobody is waited for who might bring others.
  const credentials = await provider().catch((error: unknown) => explain(error))
  if (typeof credentials === 'string') {
    yield failed('credentials', credentials)
    return
  }
  const { store, close } = openS3(invocation, place, credentials)
  const prefix = operands[0] === undefined ? '' : parseS3Uri(operands[0]).key
  try {
    const deep = flags.deep === true
    yield* examineS3({ store, prefix, origin, environment: terminal.environment, deep, signal })
  } finally {
    close()
  }
}

/** @throws {UsageError} */
function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw new UsageError(`Expected --origin such as https://www.example.com, got ${JSON.stringify(text)}.`)
}
