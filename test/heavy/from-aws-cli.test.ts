import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = await readFile(join(ROOT, 'docs/from-aws-cli.md'), 'utf8')
/** What `npm start` has, in whose place the test has its own. */
const S3_ON_THE_PAGE = 'http://localhost:8081'
const TOOLS = ['aws', 'curl', 'jq', 'openssl', 'split', 'timeout', 'cmp', 'base64']
const AWS_CLI = process.env.AWS_CLI ?? 'aws'

interface Block {
  readonly title: string
  readonly script: string
  /** With `…` for what differs; absent where the page shows none. */
  readonly shown: string | undefined
}

const BLOCKS = blocksOf(PAGE)
const aws = useLocalAws()
let folder: string
/** Of the blocks, in their order, as far as they came. */
let printed: (string | undefined)[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-from-aws-cli-'))
  const partway = join(folder, 'partway')
  await writeFile(partway, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'cli/main.ts')}' "$@"\n`)
  await chmod(partway, 0o755)
  await runAll()
  printed = await Promise.all(
    BLOCKS.map((_, index) => readFile(outputOf(index), 'utf8').catch(() => undefined)),
  )
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test('the page has blocks that show what they print', () => {
  expect(BLOCKS.length).toBeGreaterThan(15)
  expect(BLOCKS.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(15)
})

test.each(BLOCKS.map((block, index) => ({ ...block, index })))(
  '$title ($index): it runs, and prints what the page shows',
  ({ index, shown, script }) => {
    const text = printed[index]
    if (text === undefined) throw new Error('It never ran: a block before it failed.')
    const [output = '', ended] = text.split(ENDED)
    if (ended === undefined)
      throw new Error(`Expected exit code 0 of\n${script}\ngot another, and:\n${output}`)
    if (shown !== undefined) expect(output).toMatch(patternOf(shown))
  },
)

const ENDED = '-- this block has ended --\n'

/** In one shell, for a block goes on with the variables of those before it. */
async function runAll(): Promise<void> {
  const blocks = BLOCKS.map(
    ({ script }, index) =>
      `{\n${script.replaceAll(S3_ON_THE_PAGE, aws.s3Url)}\necho '${ENDED.trim()}'\n} > ${outputOf(index)} 2>&1`,
  )
  const script = [
    'set -e -o pipefail',
    `aws() { command ${AWS_CLI} --endpoint-url "$AWS_ENDPOINT_URL_S3" "$@"; }`,
    `for tool in ${TOOLS.join(' ')}; do type "$tool" > /dev/null; done`,
    ...blocks,
  ].join('\n')
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: [folder, process.env.PATH].join(delimiter),
      HOME: folder,
      AWS_EC2_METADATA_DISABLED: 'true',
      PARTWAY_STATE: join(folder, '.state'),
    },
  })
  await once(child, 'close')
}

function outputOf(index: number): string {
  return join(folder, `.printed-${index}`)
}

function blocksOf(page: string): Block[] {
  return page.split(/^## /m).flatMap((section) => {
    const [heading = ''] = section.split('\n')
    const title = heading.startsWith('#') ? 'Before' : heading
    const fences = section.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)
    return [...fences].map(([, script = '', shown]) => ({ title, script, shown }))
  })
}

/** `…` is anything within a line; alone on its line, any lines. */
function patternOf(shown: string): RegExp {
  const lines = shown
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*')}\\n`))
  return new RegExp(`^${lines.join('')}$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
