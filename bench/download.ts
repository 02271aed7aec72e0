import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { markdownTable, median } from './compare.ts'
import type { Received, ReceiveOrder } from './download-receiver.ts'

const MIB = 1024 * 1024
const SIZE = 1024 * MIB
const PART_BYTES = 8 * MIB
const LANES = 8
const ROUNDS = 5

/**
 * What it costs that a download survives a kill: 1 GiB from a server in another process, onto the disk of the temporary folder, with a
 * sync and a line in the journal every 64 MiB, against one sync at the end. curl is told to sync, too. Each run is a process of its own, in
 * turns; medians, ratios of each round's own.
 */
export async function download(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  const server = spawn(process.execPath, [script('download-server.ts'), String(SIZE)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port, checksum] = (await firstLine(server.stdout)).split(' ')
    const url = `http://127.0.0.1:${port}/object`
    const order = { url, folder, size: SIZE, checksum: checksum ?? '', partBytes: PART_BYTES, lanes: LANES }
    const contestants: [string, () => Received][] = [
      ['one sync, at the end', () => receive({ ...order, journal: false })],
      ['journaled', () => receive({ ...order, journal: true })],
      ['curl, one stream, then `sync`', () => curl(url, join(folder, 'curl.mov'))],
    ]
    const rounds: Received[][] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const results = contestants.map(([, run]) => run())
      if (round > 0) rounds.push(results)
    }
    const rows = contestants.map(([name], at) => {
      const of = (figure: (received: Received, first: Received) => number) =>
        median(rounds.map((results) => figure(results[at] as Received, results[0] as Received)))
      return [
        name,
        of(({ seconds }) => seconds).toFixed(2),
        of(({ seconds }, first) => seconds / first.seconds).toFixed(2),
        format(
          of(({ cpuSeconds }) => cpuSeconds),
          2,
        ),
        format(
          of(({ peakMiB }) => peakMiB),
          0,
        ),
      ]
    })
    return markdownTable([[`receiving 1 GiB, ${LANES} lanes`, 's', 'ratio', 'CPU s', 'peak MiB'], ...rows])
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

/** A dash for what is not measured. */
function format(figure: number, digits: number): string {
  return Number.isNaN(figure) ? '–' : figure.toFixed(digits)
}

function receive(order: ReceiveOrder): Received {
  const text = execFileSync(process.execPath, [script('download-receiver.ts'), JSON.stringify(order)], {
    encoding: 'utf8',
  })
  return JSON.parse(text)
}

function curl(url: string, path: string): Received {
  const begun = performance.now()
  execFileSync('sh', ['-c', 'curl -sS --fail -o "$1" "$0" && sync "$1"', url, path])
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: Number.NaN, peakMiB: Number.NaN }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stream)) return line
  throw new Error('The server ended before it listened.')
}

function script(name: string): string {
  return join(import.meta.dirname, name)
}
