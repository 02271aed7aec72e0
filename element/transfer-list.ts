import type { BrowserClient } from '../client/browser/index.ts'
import { explainCall } from './explain.ts'
import { milestone } from './milestones.ts'
import { saveObject } from './save-object.ts'
import { hasStopped, isMoving, Transfer, type TransferView } from './transfer.ts'
import { createUploadRow, type UploadRow } from './upload-row.ts'

/** Files that begin by themselves. They share the client's lanes: more of them than lanes would only wait for one another. */
const FILES_AT_ONCE = 5

export interface TransferListOptions {
  readonly client: BrowserClient
  readonly rows: HTMLElement
  readonly template: HTMLTemplateElement
  /** Something of the list is other than it was drawn. */
  readonly onChange: () => void
  /** For the ears: what a listener would want to know of. */
  readonly announce: (message: string) => void
  /** Where the focus goes when the last row that could have it is gone. */
  readonly focusFallback: HTMLElement
}

interface Entry {
  readonly transfer: Transfer
  readonly row: UploadRow
  view: TransferView
}

/** The files of the page, in the order in which they came. */
export class TransferList {
  readonly #options: TransferListOptions
  readonly #entries = new Map<Transfer, Entry>()
  readonly #changed = new Set<Transfer>()

  constructor(options: TransferListOptions) {
    this.#options = options
  }

  /**
   * Puts the files at the end of the list. One that is there already goes on, if it had stopped.
   * @returns the names of those that are on their way already
   */
  add(files: readonly File[]): string[] {
    const refused: string[] = []
    for (const file of files) {
      const known = [...this.#entries.keys()].find(
        (transfer) => transfer.isOf(file) && transfer.state !== 'done' && transfer.state !== 'aborted',
      )
      if (known === undefined) this.#append(file)
      else if (hasStopped(known.state)) known.start({}, file)
      else if (known.state === 'paused') known.resume()
      else refused.push(file.name)
    }
    this.#startWaiting()
    return refused
  }

  /** Writes what changed to the rows. @returns how every file stands */
  draw(): readonly TransferView[] {
    const entries = [...this.#entries.values()]
    for (const entry of entries) {
      // Nothing says that a rate has fallen to nothing: what moves is always looked at.
      if (!this.#changed.has(entry.transfer) && !isMoving(entry.view.state)) continue
      const view = entry.transfer.view()
      const message = milestone(entry.view, view)
      if (message !== undefined) this.#options.announce(message)
      entry.view = view
      entry.row.render(view)
    }
    this.#changed.clear()
    return entries.map(({ view }) => view)
  }

  #append(file: File): void {
    const { client, rows, template } = this.#options
    const transfer = new Transfer(client, file, () => this.#onChange(transfer))
    const row = createUploadRow(template, file.name, {
      pause: () => transfer.pause(),
      resume: () => transfer.resume(),
      retry: () => transfer.start(),
      restart: () => transfer.start({ restart: true }),
      cancel: () => this.#cancel(transfer, row),
      remove: () => this.#remove(transfer, row),
      download: () => this.#download(transfer, row),
    })
    const view = transfer.view()
    row.render(view)
    this.#entries.set(transfer, { transfer, row, view })
    rows.append(row.root)
  }

  #onChange(transfer: Transfer): void {
    this.#changed.add(transfer)
    if (!isMoving(transfer.state)) this.#startWaiting()
    this.#options.onChange()
  }

  #startWaiting(): void {
    const transfers = [...this.#entries.keys()]
    let free = FILES_AT_ONCE - transfers.filter(({ state }) => isMoving(state)).length
    for (const transfer of transfers) {
      if (free <= 0) break
      if (transfer.state !== 'queued') continue
      transfer.start()
      free--
    }
  }

  async #cancel(transfer: Transfer, row: UploadRow): Promise<void> {
    const { name, state } = transfer.view()
    if (state === 'cancelling') return
    try {
      await transfer.cancel()
      this.#remove(transfer, row)
      this.#options.announce(`${name} is cancelled.`)
    } catch {
      row.complain(
        'The server could not be told to drop what had arrived. It removes that by itself after some days.',
      )
      this.#onChange(transfer)
    }
  }

  async #download(transfer: Transfer, row: UploadRow): Promise<void> {
    const key = transfer.view().result?.key
    if (key === undefined) return
    row.complain('')
    try {
      await saveObject(this.#options.client, key)
    } catch (error) {
      row.complain(explainCall(error))
    }
  }

  #remove(transfer: Transfer, row: UploadRow): void {
    const hadFocus = row.root.contains(document.activeElement)
    const neighbour = row.root.nextElementSibling ?? row.root.previousElementSibling
    const heir = neighbour?.querySelector<HTMLElement>('button:not([hidden])')
    row.root.remove()
    this.#entries.delete(transfer)
    if (hadFocus) (heir ?? this.#options.focusFallback).focus()
    this.#startWaiting()
    this.#options.onChange()
  }
}
