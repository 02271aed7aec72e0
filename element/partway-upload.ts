import type { BrowserClient } from '../client/browser/index.ts'
import { acceptDrops } from './drop-target.ts'
import { type Settings, type SharedQueue, shareQueue, type TokenProvider } from './shared-queue.ts'
import type { PickedFile, UploadQueue } from './upload-queue.ts'
import { View } from './view.ts'

// Where a page is rendered on a server there are no elements, and importing this must not fail.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * Uploads to Partway, in any page: `<partway-upload endpoint="https://…"></partway-upload>`. docs/element.md has its attributes,
 * events, and what its looks can be changed by.
 */
export class PartwayUpload extends Base {
  static readonly observedAttributes = ['endpoint', 'drop', 'downloads', 'part-size']

  #view: View | undefined
  #shared: SharedQueue | undefined
  #drops: AbortController | undefined
  #token: TokenProvider | undefined
  #metadata: Record<string, string> | undefined

  /** Gives the bearer token of each call of the API. */
  get token(): TokenProvider | undefined {
    return this.#token
  }
  set token(token: TokenProvider | undefined) {
    this.#token = token
    this.#tell()
  }

  /** Goes with every file that is added from now on. */
  get metadata(): Record<string, string> | undefined {
    return this.#metadata
  }
  set metadata(metadata: Record<string, string> | undefined) {
    this.#metadata = metadata
    this.#tell()
  }

  /** While the element is in a page. */
  get client(): BrowserClient | undefined {
    return this.#shared?.client
  }

  /** While the element is in a page. */
  get queue(): UploadQueue | undefined {
    return this.#shared?.queue
  }

  connectedCallback(): void {
    this.#adopt('token')
    this.#adopt('metadata')
    this.#view ??= new View(this)
    this.#open()
  }

  disconnectedCallback(): void {
    // Whoever only moves it puts it back at once, and its uploads go on.
    setTimeout(() => this.isConnected || this.#close())
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.#shared) return
    if (name === 'endpoint') this.#close()
    this.#open()
  }

  /** Files of an `<input>`, of a drop, or made by the page. */
  add(files: Iterable<File | PickedFile>): Promise<void> {
    return (
      this.#view?.take({
        files: [...files].map((file) => (file instanceof File ? { file } : file)),
        complaints: [],
      }) ?? Promise.resolve()
    )
  }
  pause(): void {
    this.queue?.pause()
  }
  resume(): void {
    this.queue?.resume()
  }
  retry(): void {
    this.queue?.retry()
  }
  cancel(): void {
    this.queue?.cancel()
  }

  #open(): void {
    if (!this.isConnected || !this.#view) return
    if (!this.#shared) {
      const endpoint = new URL(this.getAttribute('endpoint') ?? '', location.href).href
      this.#shared = shareQueue(endpoint, this.#settings())
      this.#view.open(this.#shared)
    }
    this.#tell()
    this.#drops?.abort()
    this.#drops = new AbortController()
    const target = this.getAttribute('drop') === 'element' ? this : window
    this.#view.say(target === this ? 'here' : 'anywhere on this page')
    acceptDrops(target, this.#view.overlay, this.#view.take, this.#drops.signal)
  }

  #close(): void {
    this.#drops?.abort()
    this.#view?.close()
    this.#shared?.release()
    this.#shared = undefined
  }

  #settings(): Settings {
    return {
      token: this.#token,
      upload: { partSize: this.#number('part-size'), metadata: this.#metadata },
      bandwidthLimit: this.#number('bandwidth-limit'),
      concurrency: this.#number('concurrency'),
    }
  }

  #tell(): void {
    if (!this.#shared) return
    const { token, upload } = this.#settings()
    this.#shared.settings.token = token
    // The queue looks at it whenever an upload begins.
    Object.assign(this.#shared.settings.upload, upload)
  }

  #number(attribute: string): number | undefined {
    return Number(this.getAttribute(attribute)) || undefined
  }

  /** Takes over what was set before the element was defined. */
  #adopt(property: 'token' | 'metadata'): void {
    if (!Object.hasOwn(this, property)) return
    const value = this[property]
    delete this[property]
    Object.assign(this, { [property]: value })
  }
}

if (globalThis.customElements && !customElements.get('partway-upload'))
  customElements.define('partway-upload', PartwayUpload)

export type * from './events.ts'
