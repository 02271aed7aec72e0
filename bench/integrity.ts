import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { markdownTable, median } from './compare.ts'
import type { SendOrder, Sent } from './integrity-sender.ts'
import { writeNoise } from './noise.ts'

const MIB = 1024 * 1024
const SIZE = 1024 * MIB
const PART_BYTES = 16 * MIB
const LANES = 8
const ROUNDS = 5

const CONTESTANTS: [string, SendOrder['hashing']][] = [
  ['nothing computed', {}],
  ['CRC64NVME by WebAssembly, in the lanes', { crc: 'CRC64NVME' }],
  ['CRC64NVME by WebAssembly, in a worker thread', { crc: 'CRC64NVME', thread: true }],
  ['CRC32 by zlib, in the lanes', { crc: 'CRC32' }],
  ['MD5 by OpenSSL, in the lanes', { md5: true }],
]

/**
 * What it costs Node to know what it sends: a file of 1 GiB, in the system's cache, to a server in another process that only
 * counts, once in the clear and once over TLS. Each run is a process of its own, in turns; medians, ratios of each round's own.
 */
export async function integrity(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  try {
    const path = join(folder, 'film.mov')
    await writeNoise(path, SIZE)
    const certificate = createCertificate(folder)
    const tables = []
    for (const scheme of ['http', 'https'] as const) {
      const sink = await startSink(scheme, certificate)
      try {
        tables.push(
          await race(scheme, { url: sink.url, path, partBytes: PART_BYTES, lanes: LANES }, certificate),
        )
      } finally {
        sink.process.kill()
      }
    }
    return tables.join('\n\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function race(
  scheme: string,
  order: Omit<SendOrder, 'hashing'>,
  { cert }: Certificate,
): Promise<string> {
  const rounds: Sent[][] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const results: Sent[] = []
    for (const [, hashing] of CONTESTANTS) results.push(await send({ ...order, hashing }, cert))
    if (round > 0) rounds.push(results)
  }
  const rows = CONTESTANTS.map(([name], at) => {
    const of = (figure: (sent: Sent, first: Sent) => number) =>
      median(rounds.map((results) => figure(results[at] as Sent, results[0] as Sent)))
    return [
      name,
      of(({ seconds }) => seconds).toFixed(2),
      of(({ seconds }, first) => seconds / first.seconds).toFixed(2),
      of(({ cpuSeconds }) => cpuSeconds).toFixed(2),
      of(({ cpuSeconds }, first) => cpuSeconds / first.cpuSeconds).toFixed(2),
      of(({ peakMiB }) => peakMiB).toFixed(0),
    ]
  })
  const title = `sending 1 GiB from Node, ${LANES} lanes, ${scheme}`
  return markdownTable([[title, 's', 'ratio', 'CPU s', 'ratio', 'peak MiB'], ...rows])
}

function send(order: SendOrder, ca: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script('integrity-sender.ts'), JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error('A sender failed.')),
    )
  })
}

async function startSink(
  scheme: 'http' | 'https',
  { key, cert }: Certificate,
): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [script('integrity-sink.ts'), scheme, key, cert], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const port of createInterface(child.stdout)) {
    return { process: child, url: `${scheme}://127.0.0.1:${port}/part` }
  }
  throw new Error('The server ended before it listened.')
}

interface Certificate {
  key: string
  cert: string
}

function createCertificate(folder: string): Certificate {
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const out = ['-keyout', files.key, '-out', files.cert]
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '1', ...curve, ...subject, ...out], {
    stdio: 'ignore',
  })
  return files
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
