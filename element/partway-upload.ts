import type { BrowserClient, createClient } from '../client/browser/index.ts'
import { acceptDrops } from './drop-target.ts'
import { type SharedQueue, shareQueue } from './shared-queue.ts'
import type { PickedFile, UploadQueue } from './upload-queue.ts'
import { createView, type View } from './view.ts'

// Where a page is rendered on a server there are no elements, and importing this must not fail.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * Uploads to Partway, in any page: `<partway-upload endpoint="https://…"></partway-upload>`. docs/element.md has its attributes,
 * events, and what its looks can be changed by.
 */
export class PartwayUpload extends Base {
  static readonly observedAttributes = ['endpoint', 'drop', 'downloads']

  // Declared only, so that what was set before the element was defined stays.
  /** Gives the bearer token of each call of the API. */
  declare token?: Parameters<typeof createClient>[0]['token']
  /** Goes with every file whose upload begins from now on. */
  declare metadata?: Readonly<Record<string, string>> | undefined

  #view: View | undefined
  #shared: SharedQueue | undefined
  #drops: AbortController | undefined

  /** While the element is in a page. */
  get client(): BrowserClient | undefined {
    return this.#shared?.client
  }

  /** While the element is in a page. */
  get queue(): UploadQueue | undefined {
    return this.#shared?.queue
  }

  /** Files of an `<input>`, of a drop, or made by the page. */
  async add(files: Iterable<File | PickedFile>): Promise<void> {
    await this.#view?.take({ files: [...files].map((file) => (file instanceof File ? { file } : file)) })
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

  connectedCallback(): void {
    this.#view ??= createView(this)
    this.#open(this.#view)
  }

  disconnectedCallback(): void {
    // Whoever only moves it puts it back at once, and its uploads go on.
    setTimeout(() => this.isConnected || this.#close())
  }

  attributeChangedCallback(name: string): void {
    if (name === 'endpoint') this.#close()
    if (this.isConnected && this.#view) this.#open(this.#view)
  }

  /** @returns an attribute's number, where it is one above 0 */
  number(attribute: string): number | undefined {
    return Number(this.getAttribute(attribute)) || undefined
  }

  #open(view: View): void {
    if (!this.#shared) {
      this.#shared = shareQueue(new URL(this.getAttribute('endpoint') ?? '', location.href).href, this)
      view.open(this.#shared)
    }
    const here = this.getAttribute('drop') === 'element'
    this.#drops?.abort()
    this.#drops = new AbortController()
    acceptDrops(here ? this : window, view, this.#drops.signal)
    view.showDownloads()
    view.say(here ? 'here' : 'anywhere on this page')
  }

  #close(): void {
    this.#drops?.abort()
    this.#view?.close()
    this.#shared?.release()
    this.#shared = undefined
  }
}

if (globalThis.customElements && !customElements.get('partway-upload'))
  customElements.define('partway-upload', PartwayUpload)
