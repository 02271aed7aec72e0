import { spawn } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { BUCKET, MIB, root, startTestS3 } from '../local/s3-harness.ts'
import { pseudoRandom, temporaryFolder } from './servers.ts'

const SENDER = fileURLToPath(import.meta.resolve('./s3-stdin.ts'))
const BYTES = pseudoRandom(12 * MIB + 5)

/** By a shell, for its pipes are the kernel's own, where node:child_process has sockets. */
type Feed = (path: string) => { command: string[]; stdin: 'pipe' | 'ignore' | number }
const direct = [process.execPath, SENDER]
const feeds: [string, Feed][] = [
  [
    'a pipe',
    (path) => ({ command: ['sh', '-c', `cat '${path}' | '${direct.join("' '")}'`], stdin: 'ignore' }),
  ],
  ['a socket', () => ({ command: direct, stdin: 'pipe' })],
  ['a file', (path) => ({ command: direct, stdin: openSync(path, 'r') })],
]

test.each(feeds)('what comes through %s is sent as it is', async (_, feed) => {
  const { result, stored } = await send(feed, BYTES)
  expect(result).toEqual({ size: BYTES.length, verified: 'checksum' })
  expect(BYTES.equals(stored)).toBe(true)
})

test.each(feeds)('what comes through %s while nobody asks for it yet is not lost', async (_, feed) => {
  const { stored } = await send(feed, BYTES, { PAUSE_MS: '300' })
  expect(BYTES.equals(stored)).toBe(true)
})

test.each([
  ...feeds,
  ['nothing', () => ({ command: direct, stdin: openSync('/dev/null', 'r') })] as [string, Feed],
])('no bytes through %s are an empty object', async (_, feed) => {
  const { result, stored } = await send(feed, Buffer.alloc(0))
  expect(result).toEqual({ size: 0, verified: 'checksum' })
  expect(stored).toHaveLength(0)
})

async function send(feed: Feed, bytes: Buffer, settings: Record<string, string> = {}) {
  const s3 = await startTestS3()
  const folder = await temporaryFolder()
  const path = join(folder, 'film')
  writeFileSync(path, bytes)
  const { command, stdin } = feed(path)
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    stdio: [stdin, 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...settings,
      ...{
        S3_ENDPOINT: s3.server.url,
        S3_BUCKET: BUCKET,
        S3_KEY: 'film',
        PARTWAY_STATE: join(folder, 'state'),
      },
      ...{ S3_ACCESS_KEY: root.accessKeyId, S3_SECRET_KEY: root.secretAccessKey },
    },
  })
  child.stdin?.end(bytes)
  if (!child.stdout) throw new Error('Expected an output.')
  const result = JSON.parse(await text(child.stdout))
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'film' }))
  return { result, stored: Buffer.from((await Body?.transformToByteArray()) ?? []) }
}
