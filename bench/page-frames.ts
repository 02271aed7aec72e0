import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../test/browser/chromium.ts'
import { openFakePage } from '../test/web/fake-element.ts'
import { bundle } from './browser-stage.ts'
import { markdownTable, median } from './compare.ts'
import { FILES, MOVING_PARTS } from './page-frames-load.ts'
import { type Frame, traceFrames } from './page-frames-trace.ts'

const FRAMES = 300

interface Contestant {
  readonly name: string
  /** In place of element/queue/index.ts. */
  readonly queue: string
  /** Whether the map of a file's parts shows. */
  readonly isOpen: boolean
}

const FAKE = 'page-frames-fake.ts'
const REAL = 'page-frames-real.ts'
const CONTESTANTS: readonly Contestant[] = [
  { name: 'the list', queue: FAKE, isOpen: false },
  { name: 'the list, with a map of parts', queue: FAKE, isOpen: true },
  { name: 'the list and the queue', queue: REAL, isOpen: false },
  { name: 'the list and the queue, with a map', queue: REAL, isOpen: true },
]

const COLUMNS: [name: string, kind: keyof Frame, figure: (all: number[]) => number][] = [
  ['script: mean', 'script', mean],
  ['median', 'script', median],
  ['95 %', 'script', (all) => share(all, 0.95)],
  ['99 %', 'script', (all) => share(all, 0.99)],
  ['worst', 'script', (all) => Math.max(...all)],
  ['layout, paint: mean', 'rendering', mean],
  ['95 %', 'rendering', (all) => share(all, 0.95)],
  ['garbage: mean', 'garbage', mean],
]

/**
 * What `<partway-upload>` costs a page while files move: 500 of them in its list, and news of 6 parts in each frame, which is more than
 * any network brings. The list is drawn
 * ten times a second. Milliseconds that the main thread had a processor for.
 */
export async function pageFrames(): Promise<string> {
  const browser = await launchChromium()
  try {
    const rows: string[][] = []
    for (const contestant of CONTESTANTS) {
      const frames = await watch(browser, contestant)
      const figures = COLUMNS.map(([, kind, figure]) => figure(frames.map((frame) => frame[kind])).toFixed(2))
      rows.push([contestant.name, ...figures])
    }
    const title = `ms a frame: ${FILES} files, ${MOVING_PARTS} parts move, ${FRAMES} frames`
    return markdownTable([[title, ...COLUMNS.map(([name]) => name)], ...rows])
  } finally {
    await browser.close()
  }
}

async function watch(browser: Browser, { queue, isOpen }: Contestant): Promise<Frame[]> {
  const { page } = await openFakePage(browser, await bundle('page-frames-page.ts', [overQueue(queue)]))
  try {
    await page.waitForFunction(
      (files) =>
        document.querySelector('partway-upload')?.shadowRoot?.querySelectorAll('#rows > li').length === files,
      FILES,
    )
    if (isOpen) await page.locator('[data-do=details]').first().click()
    await page.evaluate((frames) => window.playFrames(frames), FRAMES / 10)
    return await traceFrames(browser, () => page.evaluate((frames) => window.playFrames(frames), FRAMES))
  } finally {
    await page.context().close()
  }
}

function overQueue(name: string): Plugin {
  return {
    name: 'over-queue',
    setup({ onResolve }) {
      onResolve({ filter: /\/queue\/index\.ts$/ }, ({ importer }) =>
        importer.startsWith(import.meta.dirname) ? undefined : { path: join(import.meta.dirname, name) },
      )
    },
  }
}

function mean(all: number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length
}

function share(all: number[], part: number): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length * part)] ?? Number.NaN
}
