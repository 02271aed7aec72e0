import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalAws } from '../local/aws.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import type { Way } from './browser-integrity-page.ts'
import { bundle, type Usage, watchUsage, withPage } from './browser-stage.ts'
import { markdownTable, median } from './compare.ts'
import { writeNoise } from './noise.ts'

const MIB = 1024 * 1024
const SIZE = 1024 * MIB
const SPARSE_SIZE = 4096 * MIB
const ROUNDS = 5

const CONTESTANTS: [string, Way][] = [
  ['XMLHttpRequest alone', 'bare'],
  ['the transport, CRC64NVME in the worker', 'worker'],
  ["the transport, CRC64NVME on the page's thread", 'page'],
  ['the whole client', 'client'],
]

interface Run extends Usage {
  readonly seconds: number
}

/**
 * What it costs a page to know what it sends: 1 GiB in parts of 8 MiB at 5 lanes to the local AWS, which computes checksums and drops the
 * bytes. Each run has a page of its own, in turns; medians, ratios of each round's own. CPU time is of all the browser's processes, memory the peak of
 * the page's.
 */
export async function browserIntegrity(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  const aws = await startLocalAws({
    port: 0,
    s3Port: 0,
    dataDirectory: join(folder, 'data'),
    dropPartBytes: true,
    log: () => {},
  })
  const browser = await launchChromium()
  try {
    const film = join(folder, 'film.mov')
    const sparse = join(folder, 'sparse.mov')
    await writeNoise(film, SIZE)
    await writeFile(sparse, '')
    await truncate(sparse, SPARSE_SIZE)
    const options = {
      url: aws.apiUrl,
      script: await bundle('browser-integrity-page.ts'),
      body: '<input type="file">',
    }
    const run = (way: Way, path: string) =>
      withPage(browser, options, async (page): Promise<Run> => {
        await page.setInputFiles('input', path)
        const usage = await watchUsage(browser)
        const milliseconds = await page.evaluate((way) => window.send(way), way)
        return { seconds: milliseconds / 1000, ...(await usage()) }
      })

    const rounds: Run[][] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const results: Run[] = []
      for (const [, way] of CONTESTANTS) results.push(await run(way, film))
      if (round > 0) rounds.push(results)
    }
    const { peakMiB } = await run('client', sparse)
    return `${table(rounds)}\n\nThe whole client with a sparse file of 4 GiB: ${peakMiB.toFixed(0)} MiB at its peak.`
  } finally {
    await browser.close()
    await aws.close()
    await rm(folder, { recursive: true })
  }
}

function table(rounds: Run[][]): string {
  const rows = CONTESTANTS.map(([name], at) => {
    const of = (figure: (run: Run, first: Run) => number) =>
      median(rounds.map((results) => figure(results[at] as Run, results[0] as Run)))
    const seconds = of(({ seconds }) => seconds)
    return [
      name,
      seconds.toFixed(2),
      (SIZE / MIB / seconds).toFixed(0),
      of(({ seconds }, first) => seconds / first.seconds).toFixed(2),
      of(({ cpuSeconds }) => cpuSeconds).toFixed(2),
      of(({ peakMiB }) => peakMiB).toFixed(0),
    ]
  })
  return markdownTable([
    ['sending 1 GiB from Chromium, 5 lanes', 's', 'MiB/s', 'ratio', 'CPU s', 'peak MiB'],
    ...rows,
  ])
}
