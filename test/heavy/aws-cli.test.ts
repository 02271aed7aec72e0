import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, startEngine } from '../contract/engine.ts'

/** `AWS_CLI` names another than the first in the PATH. */
const AWS_CLI = process.env.AWS_CLI ?? 'aws'
const SIZE = 100_000_000

let engine: Engine
let folder: string

beforeAll(async () => {
  engine = await startEngine()
  folder = await mkdtemp(join(tmpdir(), 'partway-aws-cli-'))
})

afterAll(async () => {
  await engine?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the AWS CLI makes a bucket, and 100 MB come back from it as they went, in parts of its own', async () => {
  const [sent, received] = [join(folder, 'sent.bin'), join(folder, 'received.bin')]
  const bytes = randomBytes(SIZE)
  await writeFile(sent, bytes)

  await aws('s3', 'mb', 's3://aws-cli')
  await aws('s3', 'cp', '--only-show-errors', sent, 's3://aws-cli/folder/a file.bin')
  await aws('s3', 'cp', '--only-show-errors', 's3://aws-cli/folder/a file.bin', received)
  expect(sha256(await readFile(received))).toBe(sha256(bytes))

  const head = await aws('s3api', 'head-object', '--bucket', 'aws-cli', '--key', 'folder/a file.bin')
  expect(JSON.parse(head)).toMatchObject({
    ContentLength: SIZE,
    ETag: expect.stringMatching(/^"[0-9a-f]{32}-12"$/),
  })
  expect(await aws('s3', 'ls', 's3://aws-cli/folder/')).toContain(`${SIZE} a file.bin`)
})

async function aws(...args: string[]): Promise<string> {
  const { PATH } = process.env
  const env = {
    PATH,
    AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
    AWS_DEFAULT_REGION: engine.region,
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const endpoint = engine.endpoint ? ['--endpoint-url', engine.endpoint] : []
  const { stdout } = await promisify(execFile)(AWS_CLI, [...endpoint, '--output', 'json', ...args], { env })
  return stdout
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
