import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { awsConfigIn, type Contestant, findContestants, TUNED_AWS_CONFIG } from './cli-contestants.ts'
import { measure, type Run } from './cli-measure.ts'
import { type Server, startServer } from './cli-server.ts'
import { markdownTable, median } from './compare.ts'
import { writeNoise } from './noise.ts'

const GIB = 1024 ** 3
const SMALL_FILES = 1000
const SMALL_BYTES = 10 * 1024

const run = promisify(execFile)

/** The same file there and back, by one tool. */
interface Trip {
  readonly up: Run
  readonly down: Run
  /** Until what came down is on the disk, too: partway says so by itself, others leave it to the system. */
  readonly onDisk: number
}

/** Of a run, and what it travels with. */
interface Load {
  readonly title: string
  prepare(folder: string): Promise<string>
  /** @returns how it goes there and back, where the contestant can */
  commands(contestant: Contestant, from: string, to: string): readonly [string[], string[]] | undefined
  /** @throws {Error} unless what came back is what was sent */
  compare(from: string, to: string): Promise<void>
}

/**
 * `partway` and what else copies files to S3 and back, on the same server and with the same files: wall time, CPU, peak memory. In turns;
 * medians, and ratios of each round's own to the first line. PARTWAY_BENCH_GIB is the size of the large file (1), PARTWAY_BENCH_ROUNDS how
 * often (3).
 */
export async function cli(): Promise<string> {
  const gib = Number(process.env.PARTWAY_BENCH_GIB ?? 1)
  const rounds = Number(process.env.PARTWAY_BENCH_ROUNDS ?? 3)
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  await mkdir(join(folder, 'home'))
  await writeFile(awsConfigIn(folder), TUNED_AWS_CONFIG)
  const server = await startServer(folder)
  try {
    const { contestants, notes } = await findContestants(server, folder)
    const tables: string[] = []
    for (const load of [largeFile(gib), SMALL]) {
      tables.push(await race(load, contestants, server, folder, rounds))
    }
    return [`${server.name}, on loopback, ${rounds} rounds. ${notes.join(' ')}`, ...tables].join('\n\n')
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
}

async function race(
  load: Load,
  contestants: readonly Contestant[],
  server: Server,
  folder: string,
  rounds: number,
): Promise<string> {
  const from = await load.prepare(folder)
  const able = contestants.filter((contestant) => load.commands(contestant, from, ''))
  const trips: Trip[][] = []
  for (let round = 0; round < rounds; round++) {
    const ofRound: Trip[] = []
    for (const contestant of able) ofRound.push(await travel(load, contestant, server, folder, from))
    trips.push(ofRound)
  }
  const rows = able.map(({ name }, at) => {
    const of = (figure: (trip: Trip, first: Trip) => number) =>
      median(trips.map((ofRound) => figure(ofRound[at] as Trip, ofRound[0] as Trip)))
    return [
      name,
      of(({ up }) => up.seconds).toFixed(2),
      of(({ up }, first) => up.seconds / first.up.seconds).toFixed(2),
      of(({ up }) => up.cpuSeconds).toFixed(2),
      of(({ up }) => up.peakMiB).toFixed(0),
      of(({ down }) => down.seconds).toFixed(2),
      of(({ down }, first) => down.seconds / first.down.seconds).toFixed(2),
      of(({ onDisk }) => onDisk).toFixed(2),
      of(({ down }) => down.cpuSeconds).toFixed(2),
      of(({ down }) => down.peakMiB).toFixed(0),
    ]
  })
  const columns = ['up s', 'ratio', 'CPU s', 'MiB', 'down s', 'ratio', 'on disk s', 'CPU s', 'MiB']
  return markdownTable([[load.title, ...columns], ...rows])
}

async function travel(
  load: Load,
  contestant: Contestant,
  { credentials, region, empty }: Server,
  folder: string,
  from: string,
): Promise<Trip> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: join(folder, 'home'), TMPDIR: process.env.TMPDIR },
    ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
    ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_EC2_METADATA_DISABLED: 'true' },
    PARTWAY_STATE: join(folder, 'state'),
    ...contestant.env,
  }
  const to = join(folder, 'back')
  await rm(to, { recursive: true, force: true })
  const [upload, download] = load.commands(contestant, from, to) ?? [[], []]
  await run('sync')
  const up = await measure(upload, env)
  await run('sync')
  const down = await measure(download, env)
  const begun = performance.now()
  await run('sh', ['-c', 'find "$0" -type f -exec sync {} +', to])
  const onDisk = down.seconds + (performance.now() - begun) / 1000
  await load.compare(from, to)
  await empty()
  return { up, down, onDisk }
}

function largeFile(gib: number): Load {
  return {
    title: `${gib} GiB`,
    async prepare(folder) {
      const path = join(folder, 'large.bin')
      await writeNoise(path, gib * GIB)
      return path
    },
    commands: (contestant, from, to) => [
      contestant.upload(from, 'large.bin'),
      contestant.download('large.bin', to),
    ],
    async compare(from, to) {
      if ((await crcOf(from)) !== (await crcOf(to))) throw new Error(`Expected ${to} to be as it was sent.`)
    },
  }
}

const SMALL: Load = {
  title: `${SMALL_FILES} × 10 KiB`,
  async prepare(folder) {
    const small = join(folder, 'small')
    await mkdir(small)
    for (let number = 0; number < SMALL_FILES; number++) {
      await writeFile(join(small, `${number}.bin`), Buffer.alloc(SMALL_BYTES, `${number} `))
    }
    return small
  },
  commands({ uploadFolder, downloadFolder }, from, to) {
    if (!uploadFolder || !downloadFolder) return undefined
    return [uploadFolder(from, 'small/'), downloadFolder('small/', to)]
  },
  async compare(from, to) {
    for (const name of await readdir(from)) {
      const [sent, back] = await Promise.all([crcOf(join(from, name)), crcOf(join(to, name))])
      if (sent !== back) throw new Error(`Expected ${name} to be as it was sent.`)
    }
  },
}

async function crcOf(path: string): Promise<number> {
  let crc = 0
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) crc = crc32(bytes, crc)
  return crc
}
