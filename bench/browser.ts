import { type Field, type Race, race, type UppyPlace } from './browser-race.ts'

const LANES = 5
const ROUNDS = 3

/**
 * The whole client in Chromium: against a bare loop of XMLHttpRequests with as many at once, and against Uppy on slow connections. A
 * page of its own each time, in turns; medians, ratios of each round's own to the first line; CPU time is of all the browser's
 * processes, memory the peak of the page's. PARTWAY_BENCH_MIB is the size of the large file (1024), PARTWAY_BENCH_ROUNDS how often (3).
 */
export async function browser(): Promise<string> {
  const rounds = Number(process.env.PARTWAY_BENCH_ROUNDS ?? ROUNDS)
  const mib = Number(process.env.PARTWAY_BENCH_MIB ?? 1024)
  const large = { mib, rounds, contestants: () => LARGE }
  const races: Race[] = [
    { ...large, title: `${mib} MiB, ${LANES} lanes, to the local AWS` },
    { ...large, title: `${mib} MiB, ${LANES} lanes, to one that drops the bytes`, dropPartBytes: true },
    {
      title: '64 MiB, each connection with 50 ms and 20 Mbit/s',
      ...{ mib: 64, rounds, contestants: slow },
      shape: { bitsPerSecond: 20_000_000, roundTripMs: 50 },
    },
  ]
  const tables: string[] = []
  for (const each of races) tables.push(await race(each))
  return tables.join('\n\n')
}

const LARGE: Field = [
  ['XMLHttpRequest alone', { way: 'bare', lanes: LANES, checksumAlgorithm: 'CRC64NVME' }],
  ['the same, S3 keeps no checksum', { way: 'bare', lanes: LANES, checksumAlgorithm: 'NONE' }],
  ['the client, checksum verified', { way: 'partway', lanes: LANES }],
]

function slow(uppy: UppyPlace): Field {
  return [
    ['Uppy 6.3.1, as it is: one PUT', { way: 'uppy', ...uppy }],
    ['Uppy 6.3.1, in parts', { way: 'uppy', ...uppy, inParts: true }],
    ['the client, checksum verified', { way: 'partway' }],
  ]
}
