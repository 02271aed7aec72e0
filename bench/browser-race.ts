import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalAws } from '../local/aws.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { Shape } from '../test/shaping/proxy.ts'
import { spawnShapingProxy } from '../test/shaping/spawn.ts'
import type { Order } from './browser-page.ts'
import { bundle, type Usage, watchUsage, withPage } from './browser-stage.ts'
import { openStore } from './browser-store.ts'
import { markdownTable, median } from './compare.ts'
import { writeNoise } from './noise.ts'

const MIB = 1024 * 1024

/** Before anything counts, so much is sent: a function's first call is slow. */
const WARMING_MIB = 32

type Contestant = readonly [name: string, order: Order]
/** Those who race, in their order: the first is what the others are compared with. */
export type Field = readonly [Contestant, ...Contestant[]]

/** A file, and who sends it. */
export interface Race {
  readonly title: string
  readonly mib: number
  readonly rounds: number
  /** Keeps size, ETag and checksum alone. */
  readonly dropPartBytes?: boolean
  /** Of each connection to API and S3. */
  readonly shape?: Shape
  contestants(uppy: UppyPlace): Field
}

/** Where Uppy sends to by itself. */
export type UppyPlace = Pick<Extract<Order, { way: 'uppy' }>, 'bucketUrl' | 'credentials'>

interface Run extends Usage {
  readonly seconds: number
}

/**
 * In turns, each time in a page of its own; what arrived is counted and deleted.
 * @returns a Markdown table of medians; `ratio` is to the first contestant, the median of the rounds' own ratios
 */
export async function race({ title, mib, rounds, dropPartBytes, shape, contestants }: Race): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  await using closing = new AsyncDisposableStack()
  closing.defer(() => rm(folder, { recursive: true }))
  const aws = closing.adopt(
    await startLocalAws({
      ...{ port: 0, s3Port: 0, dataDirectory: join(folder, 'data'), log: () => {} },
      ...(dropPartBytes && { dropPartBytes }),
    }),
    (aws) => aws.close(),
  )
  const store = closing.adopt(openStore(aws.s3Url), (store) => store.close())
  const rules: string[] = []
  for (const url of shape ? [aws.apiUrl, aws.s3Url] : []) {
    const port = Number(new URL(url).port)
    const proxy = await spawnShapingProxy({ target: { host: 'localhost', port }, shape })
    closing.defer(() => proxy.close())
    rules.push(`MAP localhost:${port} 127.0.0.1:${proxy.port}`)
  }
  const args = rules.length > 0 ? [`--host-resolver-rules=${rules.join(',')}`] : []
  const browser = closing.adopt(await launchChromium({ args }), (browser) => browser.close())

  const warming = join(folder, 'clip.mov')
  await writeNoise(warming, WARMING_MIB * MIB)
  const path = join(folder, 'film.mov')
  await writeNoise(path, mib * MIB)
  const { accessKeyId, secretAccessKey, sessionToken } = aws.issueCredentials({ name: 'uppy', seconds: 3600 })
  const field = contestants({
    bucketUrl: await store.createOpenBucket(),
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  })
  const options = { url: aws.apiUrl, script: await bundle('browser-page.ts'), body: '<input type="file">' }
  const send = (order: Order, path: string) =>
    withPage(browser, options, async (page): Promise<Run> => {
      await page.setInputFiles('input', path)
      const usage = await watchUsage(browser)
      const milliseconds = await page.evaluate((order) => window.race(order), order)
      return { seconds: milliseconds / 1000, ...(await usage()) }
    })

  await send(field[0][1], warming)
  await store.empty()
  const results: Run[][] = []
  for (let round = 0; round < rounds; round++) {
    const ofRound: Run[] = []
    for (const [name, order] of field) {
      ofRound.push(await send(order, path))
      const bytes = await store.empty()
      if (bytes !== mib * MIB) throw new Error(`Expected ${name} to store ${mib} MiB, got ${bytes} bytes.`)
    }
    results.push(ofRound)
  }
  const names = field.map(([name]) => name)
  return table(title, mib, names, results)
}

function table(title: string, mib: number, names: readonly string[], rounds: readonly Run[][]): string {
  const rows = names.map((name, at) => {
    const of = (figure: (run: Run, first: Run) => number) =>
      median(rounds.map((results) => figure(results[at] as Run, results[0] as Run)))
    const seconds = of(({ seconds }) => seconds)
    return [
      name,
      seconds.toFixed(2),
      (mib / seconds).toFixed(1),
      of(({ seconds }, first) => seconds / first.seconds).toFixed(2),
      of(({ cpuSeconds }) => cpuSeconds).toFixed(2),
      of(({ peakMiB }) => peakMiB).toFixed(0),
    ]
  })
  return markdownTable([[title, 's', 'MiB/s', 'ratio', 'CPU s', 'peak MiB'], ...rows])
}
