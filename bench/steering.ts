import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLocalAws } from '../local/aws.ts'
import type { Shape } from '../test/shaping/proxy.ts'
import { spawnShapingProxy } from '../test/shaping/spawn.ts'
import { markdownTable, median } from './compare.ts'
import type { SteeringOrder, SteeringResult } from './steering-sender.ts'

const MBIT = 1_000_000
const ROUNDS = 3
const SENDER = fileURLToPath(import.meta.resolve('./steering-sender.ts'))

interface Link {
  readonly name: string
  /** `undefined`: no link at all. */
  readonly shape: Shape | undefined
  /** MiB, and the lanes to send them in: slow ones send less, so that all take about as long. `undefined`: goodput decides. */
  readonly runs: readonly (readonly [mib: number, lanes: number | undefined])[]
}

const GOODPUT = undefined

const LINKS: readonly Link[] = [
  {
    name: '20 Mbit/s each, 50 ms',
    shape: { bitsPerSecond: 20 * MBIT, roundTripMs: 50 },
    runs: [
      [48, 1],
      [128, 4],
      [192, 6],
      [512, 16],
      [1024, 32],
      [1024, GOODPUT],
      [256, 32],
      [256, GOODPUT],
      [64, 32],
      [64, GOODPUT],
    ],
  },
  {
    name: '100 Mbit/s together, 80 ms',
    shape: { sharedBitsPerSecond: 100 * MBIT, roundTripMs: 80 },
    runs: [
      [128, 1],
      [128, 4],
      [128, 6],
      [128, 16],
      [128, 32],
      [128, GOODPUT],
      [32, 6],
      [32, GOODPUT],
    ],
  },
  {
    name: 'loopback as it is',
    shape: undefined,
    runs: [
      [4096, 1],
      [4096, 4],
      [4096, 6],
      [4096, 16],
      [4096, 32],
      [4096, GOODPUT],
      [1024, 16],
      [1024, GOODPUT],
    ],
  },
]

/**
 * How fast uploads are with as many lanes as goodput asks for, against fixed numbers, over links that are made as slow as they say. Each
 * upload is a process of its own, the links are another, and so is the store, which drops the bytes. Parts of 8 MiB. The largest files
 * are compared with all fixed numbers, smaller ones with those of their size.
 */
export async function steering(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  const aws = await startLocalAws({
    ...{ port: 0, s3Port: 0, dataDirectory: join(folder, 'data'), dropPartBytes: true, log: () => {} },
  })
  try {
    const tables = []
    for (const link of LINKS) tables.push(await race(link, folder, aws))
    return tables.join('\n\n')
  } finally {
    await aws.close()
    await rm(folder, { recursive: true })
  }
}

async function race(
  { name, shape, runs }: Link,
  folder: string,
  { apiUrl, s3Url }: { apiUrl: string; s3Url: string },
): Promise<string> {
  const socketPath = join(folder, 'link')
  const target = { host: '127.0.0.1', port: Number(new URL(s3Url).port) }
  const proxy = shape && (await spawnShapingProxy({ target, path: socketPath, shape }))
  const via = proxy ? { socketPath } : target
  const results: SteeringResult[][] = runs.map(() => [])
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, [mib, concurrency]] of runs.entries()) {
        const path = await sparseFile(folder, mib)
        results[at]?.push(await send({ apiUrl, via, path, ...(concurrency && { concurrency }) }))
      }
    }
  } finally {
    await proxy?.close()
  }
  const secondsPerMib = runs.map(
    ([mib], at) => median((results[at] ?? []).map(({ seconds }) => seconds)) / mib,
  )
  const rows = runs.map(([mib, lanes], at) => {
    const rivals = runs.flatMap(([size, rival], at) =>
      rival !== GOODPUT && (size === mib || mib === largest(runs)) ? [secondsPerMib[at] ?? 0] : [],
    )
    const all = results[at] ?? []
    return [
      lanes === GOODPUT ? '**goodput decides**' : lanes === 1 ? '1 lane' : `${lanes} lanes`,
      `${mib} MiB`,
      (1 / (secondsPerMib[at] ?? 0)).toFixed(1),
      lanes === GOODPUT ? ((secondsPerMib[at] ?? 0) / Math.min(...rivals)).toFixed(2) : '',
      String(Math.max(...all.map(({ lanes }) => lanes))),
      (Math.max(...all.map(({ memory }) => memory)) / 1024 / 1024).toFixed(0),
    ]
  })
  const head = [name, 'one run', 'MiB/s', 'time, to the best fixed', 'most lanes', 'most MiB of memory']
  return markdownTable([head, ...rows])
}

function largest(runs: Link['runs']): number {
  return Math.max(...runs.map(([mib]) => mib))
}

async function sparseFile(folder: string, mib: number): Promise<string> {
  const path = join(folder, `film-${mib}.mov`)
  const file = await open(path, 'w')
  await file.truncate(mib * 1024 * 1024)
  await file.close()
  return path
}

async function send(order: SteeringOrder): Promise<SteeringResult> {
  const sender = fork(SENDER, [JSON.stringify(order)])
  const exited = once(sender, 'exit')
  const result = await Promise.race([
    once(sender, 'message').then(([result]) => result as SteeringResult),
    exited.then(([code]) => {
      throw new Error(`Expected the upload to end well, got its exit with ${code}.`)
    }),
  ])
  await exited
  return result
}
