import type { Admission } from '../../local/s3/server.ts'
import { safeFileName } from '../../protocol/object-key.ts'

/** The parts of one file, as the store sees them: whichever tab, browser or process sends them. */
export interface PartWatch {
  /** Part numbers, as their requests came; one that was sent again stands there again. */
  readonly sent: readonly number[]
  /** Part numbers that the store took. */
  readonly stored: readonly number[]
  /** From now on, these wait at the door of the store: an upload is caught midway, however fast the machine is. */
  hold(which: (partNumber: number) => boolean): void
  /** Lets in whatever comes. What waits was called off: that it came whole, in the buffers of the system, is not to count. */
  holdNoMore(): void
  /** Lets in what waits, and whatever comes. */
  release(): void
  /** Cuts the connections of what waits, and lets in whatever comes. */
  cut(): void
  /** Resolves once that is true; looked at after each request and each answer. */
  until(condition: () => boolean): Promise<void>
  /** Resolves once so many requests have come: with each lane's held, none of this page is left that comes later. */
  untilSent(parts: number): Promise<void>
  /** Resolves once so many were taken. */
  untilStored(parts: number): Promise<void>
}

export interface PartGate {
  /** For the local AWS. */
  readonly admit: Admission
  /** @param fileName the last of its path; everything that is sent from now on */
  watch(fileName: string): PartWatch
}

interface Watched {
  readonly fileName: string
  readonly sent: number[]
  readonly stored: number[]
  holds: (partNumber: number) => boolean
  /** What lets them in, and what cuts them off. */
  readonly held: Map<() => void, () => void>
  readonly waiting: Map<() => void, () => boolean>
}

export function createPartGate(): PartGate {
  const watches: Watched[] = []
  return {
    admit(request, response) {
      const url = new URL(request.url ?? '/', 'http://localhost')
      const fileName = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
      if (request.method !== 'PUT') return undefined
      const partNumber = Number(url.searchParams.get('partNumber') ?? 0)
      const concerned = watches.filter((watch) => watch.fileName === fileName)
      for (const watch of concerned) {
        watch.sent.push(partNumber)
        look(watch)
      }
      response.on('finish', () => {
        if (response.statusCode !== 200) return
        for (const watch of concerned) {
          watch.stored.push(partNumber)
          look(watch)
        }
      })
      const holding = concerned.filter((watch) => watch.holds(partNumber))
      if (holding.length === 0) return undefined
      return Promise.race(
        holding.map(
          (watch) =>
            new Promise<void>((resolve) => {
              watch.held.set(resolve, () => response.destroy())
              // Whoever sent it is gone, or the store is closing.
              response.on('close', resolve)
            }),
        ),
      )
    },
    watch(fileName) {
      const watch: Watched = {
        fileName: safeFileName(fileName),
        sent: [],
        stored: [],
        holds: () => false,
        held: new Map(),
        waiting: new Map(),
      }
      watches.push(watch)
      const until: PartWatch['until'] = (condition) =>
        new Promise((resolve) => {
          watch.waiting.set(resolve, condition)
          look(watch)
        })
      const hold: PartWatch['hold'] = (which) => {
        watch.holds = which
      }
      const end = (each: (() => void)[]) => {
        hold(() => false)
        watch.held.clear()
        for (const one of each) one()
      }
      return {
        sent: watch.sent,
        stored: watch.stored,
        hold,
        holdNoMore: () => hold(() => false),
        release: () => end([...watch.held.keys()]),
        cut: () => end([...watch.held.values()]),
        until,
        untilSent: (parts) => until(() => watch.sent.length >= parts),
        untilStored: (parts) => until(() => watch.stored.length >= parts),
      }
    },
  }
}

function look({ waiting }: Watched): void {
  for (const [resolve, condition] of waiting) {
    if (!condition()) continue
    waiting.delete(resolve)
    resolve()
  }
}
