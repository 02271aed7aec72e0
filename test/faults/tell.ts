import { mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { PartwayError } from '../../client/errors.ts'
import type { Upload } from '../../client/events.ts'
import { openFile } from '../../client/node/source.ts'
import { createTestClient, type TestClient } from './client.ts'
import { Dice } from './dice.ts'
import { Director } from './director.ts'
import type { Exchange } from './exchange.ts'
import { fillDisk } from './full-disk.ts'
import { describeStory, type Incident, type Story } from './plan.ts'
import { checkBytes, checkEnd } from './promises.ts'
import { SourceFile } from './source-file.ts'
import type { Stage } from './stage.ts'
import { type Outcome, sha256, type Told } from './told.ts'

/** More would mean that it never ends. */
const MOST_RUNS = 12
/** Longer than an engine waits for anything, many times over. */
const LONGEST_RUN_MS = 20_000
const BUCKET = 'films'

/** Uploads one file as its story has it, run after run until that is over, and holds it to every promise. @throws with the story in the message */
export async function tell(story: Story, stage: Stage): Promise<void> {
  const folder = join(stage.folder, `${story.theme}-${story.seed}`)
  await mkdir(folder, { recursive: true })
  const teller = new Teller(story, stage, folder)
  let broken: string[]
  try {
    const told = await teller.tell()
    broken = [...checkEnd(told), ...checkBytes(told)]
  } catch (error) {
    broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  } finally {
    stage.director = undefined
    await rm(folder, { recursive: true, force: true })
  }
  if (broken.length > 0) {
    throw new Error(
      `${broken.join('\n')}\n\n${describeStory(story)}\n\n${teller.log()}\n\nFAULT_SEED=${story.theme}:${story.seed} npm run test:faults`,
    )
  }
}

class Teller {
  readonly #story: Story
  readonly #stage: Stage
  readonly #folder: string
  readonly #dice: Dice
  readonly #source: SourceFile
  readonly #director: Director
  readonly #client: TestClient
  readonly #outcomes: Outcome[] = []
  readonly #rivals: Promise<Outcome>[] = []
  readonly #endings: (() => void)[] = []
  #upload: Upload | undefined
  #stop = new AbortController()

  constructor(story: Story, stage: Stage, folder: string) {
    this.#story = story
    this.#stage = stage
    this.#folder = folder
    this.#dice = new Dice(story.seed)
    this.#source = new SourceFile(join(folder, `${story.theme}-${story.seed}.bin`), story.size, this.#dice)
    this.#director = new Director(story, (incident, exchange) => this.#happen(incident, exchange))
    this.#client = createTestClient(stage.apiUrl, join(folder, 'state'))
    stage.director = this.#director
  }

  log(): string {
    const outcomes = this.#outcomes.map((outcome, run) => `run ${run + 1}: ${describeOutcome(outcome)}`)
    return [...outcomes, this.#director.log()].join('\n')
  }

  async tell(): Promise<Told> {
    for (let run = 1; ; run++) {
      const outcome = await this.#run()
      this.#outcomes.push(outcome)
      if ('result' in outcome || (!outcome.error.resumable && !this.#wasMovedAway)) break
      if (run === MOST_RUNS) throw new Error(`Expected an end after ${MOST_RUNS} runs, got none.`)
      await this.#between(outcome.error)
    }
    const rivals = await Promise.all(this.#rivals)
    for (const end of this.#endings) end()
    this.#client.close()
    const [objects, unfinished, remembered, connections] = await Promise.all([
      this.#objects(),
      this.#unfinished(),
      this.#remembered(),
      this.#connections(),
    ])
    return {
      story: this.#story,
      director: this.#director,
      source: this.#source,
      outcomes: this.#outcomes,
      rivals,
      objects,
      unfinished,
      remembered,
      cuts: this.#client.cuts,
      timers: this.#client.timers,
      connections,
    }
  }

  get #wasMovedAway(): boolean {
    return this.#story.incidents.some(
      ({ incident }) => incident.what === 'source' && incident.change === 'move away',
    )
  }

  async #run(): Promise<Outcome> {
    this.#stop = new AbortController()
    this.#source.putBack()
    const source = await openFile(this.#source.path)
    const { lanes: concurrency, partSize } = this.#story
    this.#upload = this.#client.upload(source, { concurrency, partSize, signal: this.#stop.signal })
    try {
      return await outcomeOf(this.#upload)
    } finally {
      await source.close()
    }
  }

  /** What failed without being stopped gets a next run without faults. */
  async #between(error: PartwayError): Promise<void> {
    if (error.name !== 'AbortedError') {
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
    this.#director.interrupt()
    switch (incident.what) {
      case 'pause':
        return this.#pause(incident.ms)
      case 'stop':
        return this.#stop.abort(new Error('The user stops it.'))
      case 'outage':
        this.#director.outageUntil = performance.now() + incident.ms
        return this.#stage.breakAll()
      case 'full disk':
        this.#endings.push(await fillDisk('writev', incident.ms))
        return
      case 'abort':
        return this.#abortAtStore(exchange)
      case 'rival':
        this.#rivals.push(this.#rival())
        return
      case 'source':
        return this.#source.change(incident.change)
    }
  }

  #pause(milliseconds: number): void {
    const upload = this.#upload
    upload?.pause()
    const timer = setTimeout(() => upload?.resume(), milliseconds)
    this.#endings.push(() => clearTimeout(timer))
  }

  async #abortAtStore({ uploadId, key }: Exchange): Promise<void> {
    const Key =
      key ?? this.#director.attempts.find((attempt) => attempt.key && attempt.uploadId === uploadId)?.key
    if (!uploadId || !Key) return
    const command = new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId: uploadId })
    await this.#stage.house.client.send(command).catch((error: Error) => {
      if (error.name !== 'NoSuchUpload') throw error
    })
  }

  async #rival(): Promise<Outcome> {
    const source = await openFile(this.#source.path)
    const { lanes: concurrency, partSize } = this.#story
    try {
      return await outcomeOf(this.#client.upload(source, { concurrency, partSize }))
    } finally {
      await source.close()
    }
  }

  async #objects(): Promise<Map<string, string>> {
    const { client } = this.#stage.house
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))
    const own = Contents.filter(({ Key }) => Key?.endsWith(this.#fileName))
    const objects = new Map<string, string>()
    for (const { Key = '' } of own) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
      objects.set(Key, sha256(await (Body as NonNullable<typeof Body>).transformToByteArray()))
    }
    return objects
  }

  async #unfinished(): Promise<string[]> {
    const { Uploads = [] } = await this.#stage.house.client.send(
      new ListMultipartUploadsCommand({ Bucket: BUCKET }),
    )
    return Uploads.flatMap(({ Key, UploadId }) => (Key?.endsWith(this.#fileName) ? [UploadId ?? ''] : []))
  }

  /** What is closed is gone a moment later. */
  async #connections(): Promise<number> {
    this.#stage.release()
    for (let tries = 0; this.#stage.connections > 0 && tries < 50; tries++) await delay(10)
    return this.#stage.connections
  }

  /** The journals, and the locks that are held. */
  async #remembered(): Promise<string[]> {
    const entries = await readdir(join(this.#folder, 'state'), { recursive: true, withFileTypes: true })
    return entries.flatMap((entry) => (entry.isFile() && entry.name !== 'guard' ? [entry.name] : []))
  }

  get #fileName(): string {
    return `/${this.#story.theme}-${this.#story.seed}.bin`
  }
}

async function outcomeOf(upload: Upload): Promise<Outcome> {
  const late = new AbortController()
  const outcome = upload.result.then(
    (result) => ({ result }),
    (error: unknown) => {
      if (error instanceof PartwayError) return { error }
      throw error
    },
  )
  const endless = delay(LONGEST_RUN_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(
      `Expected an end within ${LONGEST_RUN_MS} ms, got none: ${JSON.stringify(upload.snapshot())}`,
    )
  })
  endless.catch(() => {})
  return Promise.race([outcome, endless]).finally(() => late.abort())
}

function describeOutcome(outcome: Outcome): string {
  if ('result' in outcome) return `done, verified by ${outcome.result.verified}`
  const { name, message, resumable } = outcome.error
  return `${name}${resumable ? ', resumable' : ''}: ${message}`
}

/** Cuts some bytes off, but none of the first line, which was written durably. */
async function tear(path: string, bytes: number): Promise<void> {
  const journal = await readFile(path)
  await truncate(path, Math.max(journal.indexOf('\n') + 1, journal.length - bytes))
}
