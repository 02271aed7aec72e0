import type { BrowserClient, Download, DownloadResult, DownloadSnapshot } from '../../client/browser/index.ts'

/** `pausing`: until what has arrived is saved. */
export type RunState = 'pausing' | 'paused' | 'stopped' | DownloadSnapshot['state']

/** One object on its way into one file, in as many goes as it takes. */
export class Run {
  readonly place: FileSystemFileHandle
  state: RunState = 'planned'
  error: unknown
  result: DownloadResult | undefined
  /** Why what had arrived does not count, where that is so. */
  restarted: string | undefined
  /** A try failed, and nothing has moved since. */
  struggling = false
  readonly #client: BrowserClient
  readonly #key: string
  readonly #onChange: () => void
  #download: Download | undefined
  #stop = new AbortController()
  #over: Promise<void> = Promise.resolve()

  constructor(client: BrowserClient, key: string, place: FileSystemFileHandle, onChange: () => void) {
    this.#client = client
    this.#key = key
    this.place = place
    this.#onChange = onChange
  }

  get isMoving(): boolean {
    return /^(planned|downloading|waiting|completing|pausing)$/.test(this.state)
  }

  snapshot(): DownloadSnapshot | undefined {
    return this.#download?.snapshot()
  }

  /** Begins, or goes on. */
  start(): void {
    this.#stop = new AbortController()
    this.error = undefined
    this.restarted = undefined
    this.struggling = false
    this.#become('planned')
    this.#over = this.#go(this.#stop.signal)
  }

  pause(): void {
    if (this.state === 'pausing' || !this.isMoving) return
    this.#become('pausing')
    this.#stop.abort()
  }

  /** Stops it, and removes what has arrived. */
  async cancel(): Promise<void> {
    this.#stop.abort()
    await this.#over
    await this.#client.discardDownload(this.place)
  }

  async #go(signal: AbortSignal): Promise<void> {
    try {
      const download = await this.#client.download(this.#key, this.place, { signal })
      this.#download = download
      download.on('state', ({ state }) => {
        if (this.state !== 'pausing') this.#become(state)
      })
      download.on('restarted', ({ reason }) => {
        this.restarted = reason
      })
      download.on('retry', () => {
        this.struggling = true
        this.#onChange()
      })
      download.on('progress', () => {
        this.struggling = false
        this.#onChange()
      })
      this.result = await download.result
      this.#become('done')
    } catch (error) {
      this.error = error
      this.#become(signal.aborted ? 'paused' : 'stopped')
    }
  }

  #become(state: RunState): void {
    this.state = state
    this.#onChange()
  }
}
