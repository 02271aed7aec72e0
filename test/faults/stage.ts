import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Director } from './director.ts'
import type { House, HouseOptions } from './house.ts'
import { createPorter, type Porter } from './porter.ts'
import { type FaultProxy, newAttempt, startFaultProxy } from './proxy.ts'

/** An API and an S3, a proxy before each of them, and a folder: for one story after another. */
export interface Stage<H extends House = House> {
  readonly folder: string
  readonly apiUrl: string
  readonly storeUrl: string
  readonly house: H
  /** Whoever sends and fetches. */
  openPorter: (apiUrl: string, state: string) => Porter
  /** Whoever decides about requests from now on. */
  director: Director | undefined
  /** Lets be seen which clients have left; see {@link FaultProxy.release}. */
  release(): void
  /** Breaks every connection. */
  breakAll(): void
  /** Of clients, that are open now. */
  readonly connections: number
  close(): Promise<void>
}

export async function openStage<H extends House>(
  open: (options: HouseOptions) => Promise<H>,
): Promise<Stage<H>> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-faults-'))
  await mkdir(join(folder, 'stories'))
  const ports = { api: 0, store: 0 }
  let director: Director | undefined
  const startProxy = (name: keyof typeof ports): Promise<FaultProxy> =>
    startFaultProxy({
      upstream: () => ({ host: '127.0.0.1', port: ports[name] }),
      direct(request) {
        // A function may be at work for a while after its story is told.
        return director?.direct(request) ?? newAttempt({ ...request, attempt: 0 }, undefined)
      },
      straight: () => director?.story.straight ?? false,
      skewMs: () => director?.story.skewMs ?? 0,
    })
  const [api, store] = await Promise.all([startProxy('api'), startProxy('store')])
  const house = await open({ dataDirectory: join(folder, 'data'), storeUrl: store.url })
  ports.api = house.apiPort
  ports.store = house.s3Port
  return {
    folder: join(folder, 'stories'),
    apiUrl: api.url,
    storeUrl: store.url,
    openPorter: createPorter,
    house,
    get director() {
      return director
    },
    set director(next) {
      director = next
    },
    breakAll() {
      api.breakAll()
      store.breakAll()
    },
    release: () => store.release(),
    get connections() {
      return store.connections
    },
    async close() {
      await Promise.all([api.close(), store.close()])
      await house.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
