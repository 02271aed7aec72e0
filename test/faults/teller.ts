import { existsSync } from 'node:fs'
import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pseudoRandom } from '../client/servers.ts'
import { Dice } from './dice.ts'
import { Director } from './director.ts'
import type { Exchange } from './exchange.ts'
import { fillDisk } from './full-disk.ts'
import type { House } from './house.ts'
import type { MortalHouse } from './house-in-process.ts'
import type { Incident, Story } from './plan.ts'
import { createPorter, type Errand, type Porter, type Running } from './porter.ts'
import { mayStop } from './promises.ts'
import { Shelf } from './shelf.ts'
import { SourceFile } from './source-file.ts'
import type { Stage } from './stage.ts'
import { describeOutcome, type Outcome, type Told } from './told.ts'

/** More would mean that it never ends. */
const MOST_RUNS = 12
/** Longer than an engine waits for anything, many times over. */
const LONGEST_RUN_MS = 60_000
/** A moment within which something dies. */
const MOST_DELAY_MS = 30

/** Has one story happen: run after run, with everything that happens meanwhile, until it is over. */
export class Teller {
  readonly #story: Story
  readonly #stage: Stage<House | MortalHouse>
  readonly #folder: string
  readonly #dice: Dice
  readonly #source: SourceFile
  readonly #director: Director
  readonly #porter: Porter
  readonly #shelf: Shelf
  readonly #outcomes: Outcome[] = []
  readonly #rivals: Promise<Outcome>[] = []
  readonly #endings: (() => void)[] = []
  readonly #others: Buffer[] = []
  #errand: Errand
  #running: Running | undefined

  constructor(story: Story, stage: Stage<House | MortalHouse>, folder: string) {
    const fileName = `${story.theme}-${story.seed}.bin`
    this.#story = story
    this.#stage = stage
    this.#folder = folder
    this.#dice = new Dice(story.seed)
    this.#source = new SourceFile(join(folder, fileName), story.size, this.#dice)
    this.#director = new Director(story, (incident, exchange) => this.#happen(incident, exchange))
    this.#shelf = new Shelf(stage.house.client, fileName)
    const { direction, lanes, partSize } = story
    const straight = story.straight ? { endpoint: stage.storeUrl, key: `straight/${fileName}` } : undefined
    const path = direction === 'upload' ? this.#source.path : join(folder, 'back.bin')
    this.#errand = { direction, path, straight, lanes, partSize }
    this.#porter = stage.openPorter(stage.apiUrl, join(folder, 'state'))
  }

  /** For a person. */
  log(): string {
    const outcomes = this.#outcomes.map((outcome, run) => `run ${run + 1}: ${describeOutcome(outcome)}`)
    return [...outcomes, this.#director.log()].join('\n')
  }

  async tell(): Promise<Told> {
    this.#stage.house.skewStore?.(0)
    if (this.#errand.direction === 'download') await this.#putObject()
    this.#stage.director = this.#director
    if (this.#story.straight) this.#stage.house.skewStore?.(this.#story.skewMs)
    for (let run = 1; ; run++) {
      const outcome = await this.#run()
      this.#outcomes.push(outcome)
      const rivals = await Promise.all(this.#rivals)
      if (this.#isEnd(outcome) || rivals.some((rival) => 'result' in rival)) break
      if (run === MOST_RUNS) throw new Error(`Expected an end after ${MOST_RUNS} runs, got none.`)
      await this.#between(outcome)
    }
    for (const end of this.#endings) end()
    await this.#porter.close()
    await this.#ready()
    const { path, direction } = this.#errand
    return {
      story: this.#story,
      director: this.#director,
      source: this.#source,
      others: this.#others,
      outcomes: this.#outcomes,
      rivals: await Promise.all(this.#rivals),
      arrived: direction === 'download' && existsSync(path) ? await readFile(path) : undefined,
      objects: await this.#shelf.objects(),
      unfinished: await this.#shelf.unfinished(),
      remembered: await this.#remembered(),
      connections: await this.#connections(),
      cuts: this.#porter.cuts,
      timers: this.#porter.timers,
    }
  }

  async #putObject(): Promise<void> {
    const { lanes, partSize } = this.#story
    const porter = createPorter(this.#stage.apiUrl, join(this.#folder, 'putting'))
    const { outcome } = porter.begin({ direction: 'upload', path: this.#source.path, lanes, partSize })
    const put = await outcome
    await porter.close()
    if (!put || !('result' in put))
      throw new Error(`Expected an object to fetch, got ${JSON.stringify(put)}.`)
    this.#errand = { ...this.#errand, key: put.result.key }
  }

  async #run(): Promise<Outcome> {
    this.#source.putBack()
    this.#running = this.#porter.begin(this.#errand)
    return inTime(this.#running)
  }

  /** Some failures are for good, and the next run has a chance all the same: the file is put back, the bytes arrive as they were. */
  #isEnd(outcome: Outcome): boolean {
    if ('result' in outcome) return true
    if ('killed' in outcome || outcome.error.resumable) return false
    return !mayStop(this.#story, outcome.error.name)
  }

  /** What failed without being stopped gets a next run without faults. */
  async #between(outcome: Outcome): Promise<void> {
    await this.#ready()
    if ('error' in outcome && outcome.error.name !== 'AbortedError') {
      this.#director.calm()
      for (const end of this.#endings) end()
    }
    const uploads = join(this.#folder, 'state', 'uploads')
    if (this.#story.between === 'lost journal') await rm(uploads, { recursive: true, force: true })
    if (this.#story.between === 'torn journal') {
      for (const name of await readdir(uploads).catch(() => [])) {
        await tear(join(uploads, name), this.#dice.integer(1, 40))
      }
    }
  }

  async #happen(incident: Incident, exchange: Exchange): Promise<void> {
    const running = this.#running
    const { house } = this.#stage
    this.#director.interrupt()
    switch (incident.what) {
      case 'pause':
        return running?.pause(incident.ms)
      case 'stop':
        return running?.stop()
      case 'outage':
        this.#director.outageUntil = performance.now() + incident.ms
        return this.#stage.breakAll()
      case 'full disk':
        this.#endings.push(
          await fillDisk(this.#errand.direction === 'upload' ? 'writev' : 'write', incident.ms),
        )
        return
      case 'abort':
        return this.#abortAtStore(exchange)
      case 'rival':
        return this.#beginRival()
      case 'source':
        return this.#source.change(incident.change)
      case 'another object': {
        const other = pseudoRandom(this.#dice.integer(1, this.#story.size + 1), 7)
        this.#others.push(other)
        return this.#shelf.replace(this.#errand.key ?? '', other)
      }
      case 'kill client':
        return this.#soon(() => running?.kill?.())
      case 'reload':
        return this.#soon(() => running?.reload?.())
      case 'offline':
        return running?.offline?.(incident.ms)
      case 'kill server':
        return this.#soon(() => 'kill' in house && house.kill())
    }
  }

  #beginRival(): void {
    const rival = inTime(this.#porter.begin(this.#errand))
    // It is waited for when the run is over.
    rival.catch(() => {})
    this.#rivals.push(rival)
  }

  #soon(happen: () => unknown): void {
    const timer = setTimeout(
      () => {
        this.#director.interrupt()
        happen()
      },
      this.#dice.integer(0, MOST_DELAY_MS),
    )
    this.#endings.push(() => clearTimeout(timer))
  }

  async #abortAtStore({ uploadId, key }: Exchange): Promise<void> {
    const known = this.#director.attempts.find((attempt) => attempt.key && attempt.uploadId === uploadId)
    if (uploadId && known?.key) await this.#shelf.abort(key ?? known.key, uploadId)
  }

  async #ready(): Promise<void> {
    const { house } = this.#stage
    if ('ready' in house) await house.ready()
  }

  /** What is closed is gone a moment later. */
  async #connections(): Promise<number> {
    this.#stage.release()
    for (let tries = 0; this.#stage.connections > 0 && tries < 50; tries++) await delay(10)
    return this.#stage.connections
  }

  /** The journals, the locks that are held, and what is left of downloads. */
  async #remembered(): Promise<string[]> {
    const left = (await readdir(this.#folder)).filter((name) => name.includes('.part'))
    const options = { recursive: true, withFileTypes: true } as const
    const entries = await readdir(join(this.#folder, 'state'), options).catch(() => [])
    return [
      ...left,
      ...entries.flatMap((entry) =>
        entry.isFile() && entry.name !== 'guard' && !isBrowsers(entry.parentPath) ? [entry.name] : [],
      ),
    ]
  }
}

/** What a browser remembers is its own affair. */
function isBrowsers(folder: string): boolean {
  return folder.includes('/state/profile')
}

async function inTime({ outcome }: Running): Promise<Outcome> {
  const late = new AbortController()
  const endless = delay(LONGEST_RUN_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Expected an end within ${LONGEST_RUN_MS} ms, got none.`)
  })
  endless.catch(() => {})
  return Promise.race([outcome, endless])
    .then((ended) => ended ?? { killed: true as const })
    .finally(() => late.abort())
}

/** Cuts some bytes off, but none of the first line, which was written durably. */
async function tear(path: string, bytes: number): Promise<void> {
  const journal = await readFile(path)
  await truncate(path, Math.max(journal.indexOf('\n') + 1, journal.length - bytes))
}
