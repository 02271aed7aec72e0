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
  /** MiB that each fixed number of lanes sends: the slow ones less, so that all take about as long. */
  readonly fixed: Readonly<Record<number, number>>
  /** MiB that are sent with as many lanes as goodput asks for. */
  readonly steered: readonly number[]
}

const LINKS: readonly Link[] = [
  {
    name: '20 Mbit/s each, 50 ms',
    shape: { bitsPerSecond: 20 * MBIT, roundTripMs: 50 },
    fixed: { 1: 48, 4: 128, 6: 192, 16: 512, 32: 1024 },
    steered: [64, 256, 1024],
  },
  {
    name: '100 Mbit/s together, 80 ms',
    shape: { sharedBitsPerSecond: 100 * MBIT, roundTripMs: 80 },
    fixed: { 1: 128, 4: 128, 6: 128, 16: 128, 32: 128 },
    steered: [32, 128],
  },
  {
    name: 'loopback as it is',
    shape: undefined,
    fixed: { 1: 1024, 4: 1024, 6: 1024, 16: 1024, 32: 1024 },
    steered: [1024],
  },
]

/**
 * How fast uploads are with as many lanes as goodput asks for, against fixed numbers, over links that are made as slow as they say. Each
 * upload is a process of its own, the links are another, and so is the store, which drops the bytes. Parts of 8 MiB.
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
  { name, shape, fixed, steered }: Link,
  folder: string,
  { apiUrl, s3Url }: { apiUrl: string; s3Url: string },
): Promise<string> {
  const contestants = [
    ...Object.entries(fixed).map(([lanes, mib]) => ({ mib, concurrency: Number(lanes) })),
    ...steered.map((mib) => ({ mib })),
  ]
  const socketPath = join(folder, 'link')
  const target = { host: '127.0.0.1', port: Number(new URL(s3Url).port) }
  const proxy = shape && (await spawnShapingProxy({ target, path: socketPath, shape }))
  const via = proxy ? { socketPath } : target
  const rounds: SteeringResult[][] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const results: SteeringResult[] = []
      for (const { mib, ...rest } of contestants) {
        const path = await sparseFile(folder, mib)
        results.push(await send({ apiUrl, via, path, ...rest }))
      }
      rounds.push(results)
    }
  } finally {
    await proxy?.close()
  }
  const rates = contestants.map(({ mib }, at) => rounds.map((results) => mib / (results[at]?.seconds ?? 0)))
  const best = Math.max(...rates.slice(0, Object.keys(fixed).length).map(median))
  const rows = contestants.map((contestant, at) => {
    const rate = median(rates[at] ?? [])
    const last = rounds.at(-1)?.[at]
    return [
      'concurrency' in contestant ? `${contestant.concurrency} lanes` : 'goodput decides',
      `${contestant.mib} MiB`,
      rate.toFixed(1),
      (best / rate).toFixed(2),
      String(Math.max(...(last?.lanes ?? [0]))),
      ((last?.memory ?? 0) / 1024 / 1024).toFixed(0),
    ]
  })
  return markdownTable([
    [name, 'one run', 'MiB/s', 'time, to the best fixed', 'most lanes', 'MiB of memory'],
    ...rows,
  ])
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
