import { examine } from './checks.ts'
import { type Command, UsageError } from './command.ts'
import { connect } from './connect.ts'
import { EXIT } from './exit-codes.ts'
import { explainRefusal } from './explain.ts'
import { API_FLAGS, apiUrl, stringFlag } from './flags.ts'

const LONGEST_NAME = 'CORS of the bucket'.length
const MARKS = { ok: 'ok', failed: 'FAILED', 'not checked': '-' }

export const doctor: Command = {
  name: 'doctor',
  summary: 'Tries an endpoint with one byte, and says what to mend: clock, CORS, lifecycle, checksums.',
  operands: '',
  flags: {
    api: API_FLAGS.api,
    origin: { value: 'URL', summary: 'Of the page that is to upload, such as https://www.example.com' },
    'content-type': { value: 'TYPE', summary: 'One that the endpoint takes, where it does not take all' },
  },
  async run(invocation) {
    const { operands, flags, terminal, signal } = invocation
    if (operands.length > 0) throw new UsageError(`Expected no operands, got ${operands.join(' ')}.`)
    const client = connect(invocation)
    let failures = 0
    try {
      const subject = {
        api: client.api,
        apiUrl: apiUrl(invocation),
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
      terminal.stderr.write(`${await explainRefusal(error, client, invocation)}\n`)
      return EXIT.failed
    } finally {
      client.close()
    }
    return failures === 0 ? EXIT.done : EXIT.failed
  },
}

/** @throws {UsageError} */
function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw new UsageError(`Expected --origin such as https://www.example.com, got ${JSON.stringify(text)}.`)
}
