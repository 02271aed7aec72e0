import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { createS3Client } from '../../client/node/index.ts'
import { pseudoRandom } from '../client/servers.ts'
import { contract } from './contract.ts'
import type { Engine } from './engine.ts'
import { startExpiringGate } from './expiring-gate.ts'
import type { Target } from './target.ts'

/** Files that a process of its own sends straight to the store, with credentials of the shared credentials file. */

const MIB = 1024 * 1024
const MEBIBYTES = Number(process.env.OWN_CREDENTIALS_MIB || 64)
const PARTS = Math.ceil(MEBIBYTES / 5)
const SCRIPT = fileURLToPath(import.meta.resolve('../client/s3-upload.ts'))
const WATCH = import.meta.resolve('../cli/part-watch.ts')
const TIMEOUT_MS = 120_000

contract(
  'a process that is killed three times goes on each time, and what arrives is the file',
  async (target) => {
    const desk = await openDesk(target, 'killed.bin')
    await desk.writeCredentials(target.engine.credentials)
    let sent = 0
    for (let kill = 1; kill <= 3; kill++) {
      const run = desk.run(target.engine.endpoint, { KILL_AFTER: '2' })
      await run.ended
      expect(run.child.signalCode).toBe('SIGKILL')
      sent += (await run.parts()).length
    }
    const last = desk.run(target.engine.endpoint)
    const lines = await last.ended
    expect(lines.at(-1)).toMatchObject({ event: 'done', size: MEBIBYTES * MIB })
    const held = Number(lines.find(({ event }) => event === 'resumed')?.parts)
    expect(held).toBeGreaterThanOrEqual(6)
    const again = await last.parts()
    expect(again).toHaveLength(PARTS - held)
    // Each kill may cost what was in flight.
    expect(sent + again.length).toBeLessThanOrEqual(PARTS + 3 * 3)
    expect(await desk.sha256OfObject()).toBe(desk.sha256)
  },
  TIMEOUT_MS,
)

contract(
  'credentials that expire midway cost a pause and not the upload, which goes on by itself when fresh ones are written',
  async (target, skip) => {
    const { endpoint, credentials, otherCredentials } = target.engine
    if (!endpoint || !otherCredentials) return skip('no second key, or nothing that stands before the store')
    const gate = await startExpiringGate(endpoint)
    onTestFinished(() => gate.close())
    const desk = await openDesk(target, 'expired.bin')
    await desk.writeCredentials(credentials)

    const run = desk.run(gate.url)
    await gate.storedParts(4)
    gate.expire(credentials.accessKeyId)
    const waiting = await run.line(({ state }) => state === 'waiting')
    expect(waiting).toMatchObject({
      waitingFor: { for: 'credentials', message: expect.stringContaining('Renew them') },
    })
    const before = gate.stored.length
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(gate.stored).toHaveLength(before)
    expect(run.child.exitCode).toBeNull()

    await desk.writeCredentials(otherCredentials)
    const lines = await run.ended
    expect(lines.at(-1)).toMatchObject({ event: 'done', size: MEBIBYTES * MIB })
    expect(lines.filter(({ event }) => event === 'initiated')).toHaveLength(1)
    expect(gate.stored.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: PARTS }, (_, index) => index + 1),
    )
    expect(await desk.sha256OfObject()).toBe(desk.sha256)
  },
  TIMEOUT_MS,
)

interface Line {
  readonly event: string
  readonly [name: string]: unknown
}

/** A folder with a file to send. */
async function openDesk({ Bucket, engine }: Target, Key: string) {
  const folder = await mkdtemp(join(tmpdir(), 'partway-own-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'film.mov')
  const sha256 = await writeFilm(file)
  const credentialsFile = join(folder, 'credentials')
  let runs = 0

  function run(endpoint: string | undefined, environment: Record<string, string> = {}) {
    const log = join(folder, `.parts-${++runs}`)
    const child = spawn(process.execPath, ['--import', WATCH, SCRIPT], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        PARTS_LOG: log,
        PARTWAY_STATE: join(folder, '.state'),
        AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
        S3_BUCKET: Bucket,
        S3_KEY: Key,
        S3_FILE: file,
        S3_REGION: engine.region,
        ...(endpoint && { S3_ENDPOINT: endpoint }),
        ...environment,
      },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return { child, ...linesOf(child), parts: () => partsIn(log) }
  }

  return {
    sha256,
    run,
    writeCredentials: ({ accessKeyId, secretAccessKey, sessionToken }: Engine['credentials']) =>
      writeFile(
        credentialsFile,
        `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
          (sessionToken ? `aws_session_token = ${sessionToken}\n` : ''),
      ),
    /** As the client's own download writes it. */
    async sha256OfObject() {
      const { endpoint, region, credentials } = engine
      const client = createS3Client({ bucket: Bucket, endpoint, region, credentials })
      const { path } = await client.download(Key, { output: join(folder, 'back.mov') }).result
      client.close()
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(path)) hash.update(chunk)
      return hash.digest('hex')
    },
  }
}

function linesOf(child: ChildProcess) {
  const lines: Line[] = []
  const listeners = new Set<() => void>()
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  reader.on('line', (line) => {
    lines.push(JSON.parse(line))
    for (const look of [...listeners]) look()
  })
  const ended = Promise.all([once(child, 'close'), once(reader, 'close')]).then(() => lines)
  return {
    ended,
    /** The first line like that, once it is there. */
    line: (wanted: (line: Line) => boolean) =>
      new Promise<Line>((resolve, reject) => {
        const look = () => {
          const found = lines.find(wanted)
          if (found) resolve(found)
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended with ${JSON.stringify(lines.slice(-3))}.`)))
      }),
  }
}

async function partsIn(log: string): Promise<number[]> {
  return (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)
}

async function writeFilm(path: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, 'w')
  for (let block = 0; block < MEBIBYTES; block++) {
    const bytes = pseudoRandom(MIB, 1 + block)
    hash.update(bytes)
    await handle.write(bytes)
  }
  await handle.close()
  return hash.digest('hex')
}
