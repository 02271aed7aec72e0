import type { BrowserClient, createClient } from '../client/browser/index.ts'
import type { PickedFile, UploadQueue } from './upload-queue.ts'
import { createView, type View } from './view.ts'

// Where a page is rendered on a server there are no elements, and importing this must not fail.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * Uploads to Partway, in any page: `<partway-upload endpoint="https://…"></partway-upload>`. docs/element.md has its attributes,
 * events, and what its looks can be changed by.
 */
export class PartwayUpload extends Base {
  static readonly observedAttributes = ['endpoint']

  // Declared only, so that what was set before the element was defined stays.
  /** Gives the bearer token of each call of the API. */
  declare token?: Parameters<typeof createClient>[0]['token']
  /** Goes with every file whose upload begins from now on. */
  declare metadata?: Readonly<Record<string, string>> | undefined

  #view: View | undefined

  /** While the element is in a page. */
  get client(): BrowserClient | undefined {
    return this.#view?.shared?.client
  }

  /** While the element is in a page. */
  get queue(): UploadQueue | undefined {
    return this.#view?.shared?.queue
  }

  /** Files of an `<input>`, of a drop, or made by the page. */
  async add(files: Iterable<File | PickedFile>): Promise<void> {
    await this.#view?.take({ files: [...files].map((file) => ('file' in file ? file : { file })) })
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
    this.#view.open()
  }

  disconnectedCallback(): void {
    // Whoever only moves it puts it back at once, and its uploads go on.
    setTimeout(() => this.isConnected || this.#view?.close())
  }

  attributeChangedCallback(_: string, before: string | null, now: string | null): void {
    if (!this.queue || before === now) return
    this.#view?.close()
    this.connectedCallback()
  }
}

// Frameworks set as a property what they find in an element, and as an attribute what they do not.
Object.assign(PartwayUpload.prototype, { token: undefined, metadata: undefined })

if (globalThis.customElements && !customElements.get('partway-upload'))
  customElements.define('partway-upload', PartwayUpload)

export type * from './events.ts'
