import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { GetBucketCorsCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const READY_WITHIN_MS = 60_000

let directory: string
const started: Run[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-start-'))
})

afterAll(async () => {
  for (const { child } of started) if (child.exitCode === null && child.signalCode === null) killGroup(child)
  await rm(directory, { recursive: true })
})

describe('npm start, after a process that was killed', () => {
  let run: Run
  let urls: Urls
  let keptKey: string

  beforeAll(async () => {
    const killed = start(process.execPath, ['local/main.ts'])
    keptKey = await upload(await ready(killed), 'kept.txt', 'kept')
    killGroup(killed.child)
    await killed.closed
    run = start('npm', ['start'])
    urls = await ready(run)
  }, 2 * READY_WITHIN_MS)

  test('says what it is, and last that it is ready', () => {
    const text = run.lines.join('\n')
    expect(text).toContain('not for production')
    expect(text).toContain(`curl ${urls.apiUrl}`)
    expect(text).toContain('AWS_ACCESS_KEY_ID=partway AWS_SECRET_ACCESS_KEY=partwaylocal')
    expect(run.lines.at(-1)).toBe(`ready  ${urls.apiUrl}  (S3 on ${urls.s3Url})`)
  })

  test('serves the page to browsers and the API to everyone else', async () => {
    const page = await fetch(urls.apiUrl, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('<title>Partway</title>')
    expect((await fetch(`${urls.apiUrl}/assets/main.js`)).status).toBe(200)
    const described = await fetch(urls.apiUrl)
    expect(await described.json()).toMatchObject({ auth: 'none', region: 'us-east-1' })
  })

  test('takes a file and gives it back', async () => {
    expect(await download(urls, await upload(urls, 'film.txt', 'a film in small'))).toBe('a film in small')
  })

  test('has what was uploaded before', async () => {
    expect(await download(urls, keptKey)).toBe('kept')
  })

  test('makes a bucket that its page may use, and that any S3 client can see', async () => {
    const client = new S3Client({
      endpoint: urls.s3Url,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: 'partway', secretAccessKey: 'partwaylocal' },
    })
    const { Buckets: [bucket] = [] } = await client.send(new ListBucketsCommand())
    const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket: bucket?.Name }))
    expect(CORSRules?.[0]?.AllowedOrigins).toEqual([
      urls.apiUrl,
      urls.apiUrl.replace('localhost', '127.0.0.1'),
    ])
    client.destroy()
  })

  test('is refused a second time on the same data', async () => {
    const second = start(process.execPath, ['local/main.ts'])
    expect(await exitOf(second)).toBe(1)
    expect(second.errors.join('\n')).toMatch(/in use by process \d+; stop that, or set PARTWAY_DATA/)
  })

  test.each(['PORT', 'S3_PORT'])('is refused where %s is taken', async (variable) => {
    const port = new URL(urls.apiUrl).port
    const other = start(process.execPath, ['local/main.ts'], {
      [variable]: port,
      PARTWAY_DATA: join(directory, variable),
    })
    expect(await exitOf(other)).toBe(1)
    expect(other.errors.join('\n')).toBe(
      `Port ${port} is in use by another program; stop that, or set ${variable} to another port.`,
    )
  })

  test('stops at SIGTERM to npm, with no process left and its ports free', async () => {
    run.child.kill('SIGTERM')
    expect(await exitOf(run)).toBe(0)
    await expect.poll(() => groupIsAlive(run.child)).toBe(false)
    for (const url of [urls.apiUrl, urls.s3Url]) await takePort(Number(new URL(url).port))
  })
})

test(
  'a signal during the start stops it, with no process left',
  async () => {
    const run = start(process.execPath, ['local/main.ts'], { PARTWAY_DATA: join(directory, 'interrupted') })
    const commands = () => commandsOf(run.child).join('\n')
    await expect.poll(commands, { timeout: READY_WITHIN_MS }).toMatch('esbuild')
    run.child.kill('SIGTERM')
    expect(await exitOf(run)).toBe(0)
    expect(run.lines).toEqual([])
    expect(commands()).toBe('')
  },
  READY_WITHIN_MS,
)

test('a setting that is wrong is refused as a mistake in the use', async () => {
  const run = start(process.execPath, ['local/main.ts'], { PORT: 'http' })
  expect(await exitOf(run)).toBe(2)
  expect(run.errors).toEqual(['Expected PORT to be a whole number from 0 to 65535, got "http".'])
})

interface Run {
  child: ChildProcess
  reader: Interface
  /** It is gone, and all that it wrote has been read. */
  closed: Promise<unknown>
  /** Of stdout. */
  lines: string[]
  /** Of stderr. */
  errors: string[]
}

interface Urls {
  apiUrl: string
  s3Url: string
}

/** In a process group of its own, so that a process left behind is seen. */
function start(command: string, args: string[], environment: Record<string, string> = {}): Run {
  const child = spawn(command, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: '0', S3_PORT: '0', PARTWAY_DATA: join(directory, 'data'), ...environment },
  })
  const reader = createInterface({ input: child.stdout })
  const run: Run = { child, reader, closed: once(child, 'close'), lines: [], errors: [] }
  reader.on('line', (line) => run.lines.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => run.errors.push(line))
  started.push(run)
  return run
}

function ready({ child, reader, lines, errors }: Run): Promise<Urls> {
  return new Promise((resolve, reject) => {
    const find = () => {
      const [, apiUrl, s3Url] = /^ready {2}(\S+) {2}\(S3 on (\S+)\)$/.exec(lines.at(-1) ?? '') ?? []
      if (apiUrl !== undefined && s3Url !== undefined) resolve({ apiUrl, s3Url })
    }
    reader.on('line', find)
    child.once('close', () => reject(new Error(`It did not start:\n${errors.join('\n')}`)))
  })
}

async function exitOf({ child, closed }: Run): Promise<number | null> {
  await closed
  return child.exitCode
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function groupIsAlive({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0)
  } catch {
    return false
  }
}

/** Those of its process group. */
function commandsOf({ pid: group }: ChildProcess): string[] {
  const processes = existsSync('/proc/self/stat')
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(groupAndCommand)
    : execFileSync('ps', ['-axo', 'pgid=,args='], { encoding: 'utf8' }).split('\n')
  // A process that has ended and that nobody asked about has no command any more.
  return processes.filter((line) => Number.parseInt(line, 10) === group && / \S/.test(line))
}

/** As ps writes them. */
function groupAndCommand(pid: string): string {
  try {
    // The name of the program, in parentheses, may hold anything; behind it: state, parent, group.
    const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return `${group} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`
  } catch {
    return 'gone'
  }
}

/** @throws where it is not free */
async function takePort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
}

/** @returns the key */
async function upload({ apiUrl }: Urls, fileName: string, body: string): Promise<string> {
  const { url, headers, key } = await post(`${apiUrl}/uploads`, { fileName, size: body.length })
  const { status } = await fetch(url, { method: 'PUT', headers, body })
  expect(status).toBe(200)
  return key
}

async function download({ apiUrl }: Urls, key: string): Promise<string> {
  const { url } = await post(`${apiUrl}/downloads`, { key })
  return (await fetch(url)).text()
}

async function post(url: string, body: unknown) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.ok, `${url}: ${response.status}`).toBe(true)
  return response.json()
}
