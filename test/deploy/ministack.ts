import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ADMINISTRATOR, REGION } from './account.ts'
import { runtimeGaps } from './emulator-gaps.ts'
import { python } from './venv.ts'

export interface MiniStackOptions {
  readonly port: number
  /** Where its functions find AWS. */
  readonly endpoint: string
  /** Home and temporary folder of it and its functions. */
  readonly folder: string
  /** Its functions run on the Node of this PATH. */
  readonly path: string
  /** Of its functions, beside what it gives them. */
  readonly environment: Readonly<Record<string, string>>
}

export interface MiniStack {
  /** The last lines of its log. */
  log(): string
  close(): Promise<void>
}

const LOG_LINES = 200

/** Starts MiniStack, an AWS emulator, with IAM's policies, S3's signatures and buckets' CORS enforced. */
export async function startMiniStack(options: MiniStackOptions): Promise<MiniStack> {
  const { port, endpoint, folder, path, environment } = options
  const child = spawn(await python(), ['-m', 'ministack'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: path,
      HOME: folder,
      TMPDIR: folder,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      AUTH: 'true',
      AWS_ACCESS_KEY_ID: ADMINISTRATOR.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMINISTRATOR.secretAccessKey,
      AWS_ENDPOINT_URL: endpoint,
      MINISTACK_REGION: REGION,
      PYTHONDONTWRITEBYTECODE: '1',
      // It would listen on a port of its own.
      IOT_MTLS_ENABLED: '0',
      ...Object.fromEntries(runtimeGaps.map(({ variable, value }) => [variable, value])),
      ...environment,
    },
  })
  const lines: string[] = []
  await ready(child, lines)
  return {
    log: () => lines.join('\n'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      // It would see all that is under way to its end; its functions end with their standard input.
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** Resolves once it listens; rejects with its log where it ends before. */
async function ready(child: ChildProcess, lines: string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > LOG_LINES) lines.shift()
      if (line.includes('Running on http')) resolve()
    })
  }
  child.once('error', reject)
  child.once('exit', (code, signal) =>
    reject(new Error(`MiniStack ended with ${signal ?? code} before it was ready:\n${lines.join('\n')}`)),
  )
  await promise
}
