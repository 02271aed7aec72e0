import { type Invocation, UsageError } from '../command.ts'
import { connect } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import { explainRefusal } from '../explain.ts'
import { stringFlag } from '../flags.ts'
import { placeOf } from '../place.ts'
import { examine } from './checks.ts'

const LONGEST_NAME = 'CORS of the bucket'.length
const MARKS = { ok: 'ok', failed: 'FAILED', 'not checked': '-' }

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags, terminal, signal } = invocation
  if (operands.length > 0) throw new UsageError(`Expected no operands, got ${operands.join(' ')}.`)
  const connection = connect(invocation, placeOf(invocation, []))
  const { client, place } = connection
  let failures = 0
  try {
    const subject = {
      api: client.api,
      apiUrl: place.kind === 'api' ? place.url : '',
      origin: originOf(stringFlag(flags.origin)),
      contentType: stringFlag(flags['content-type']),
      signal,
    }
    for await (const { name, outcome, detail } of examine(subject)) {
      if (outcome === 'failed') failures += 1
      terminal.stdout.write(`${MARKS[outcome].padEnd(7)} ${name.padEnd(LONGEST_NAME)}  ${detail}\n`)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (signal.aborted) return EXIT.interrupted
    terminal.stderr.write(`${await explainRefusal(error, connection, invocation)}\n`)
    return EXIT.failed
  } finally {
    client.close()
  }
  return failures === 0 ? EXIT.done : EXIT.failed
}

/** @throws {UsageError} */
function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw new UsageError(`Expected --origin such as https://www.example.com, got ${JSON.stringify(text)}.`)
}
