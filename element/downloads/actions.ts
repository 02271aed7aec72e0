import type { BrowserClient } from '../../client/browser/index.ts'
import { confirm } from '../confirm.ts'
import { goToAttachment } from '../leaving.ts'
import type { Entry } from './entries.ts'
import { choosePlace, mayWrite } from './place.ts'
import type { DownloadRow, RowAction } from './row.ts'
import { Run } from './run.ts'
import { arrivedOf, PLACES, problemWithCall } from './texts.ts'

interface ActionsOptions {
  readonly client: BrowserClient
  announce(message: string): void
  refresh(): void
  /** At once, for whoever pressed something. */
  draw(): void
  /** At a pace that eyes can follow. */
  requestDraw(): void
}

/** What the buttons of a row do. */
export function createActions({
  client,
  announce,
  refresh,
  draw,
  requestDraw,
}: ActionsOptions): (row: DownloadRow, action: RowAction) => void {
  /** To a place that a person chooses. */
  async function save(entry: Entry): Promise<void> {
    const place = await choosePlace(entry.fileName)
    if (place === 'unable') return handOver(entry)
    if (!place) return
    const { run } = entry
    // What cannot go on elsewhere is not offered again.
    if (run?.state === 'stopped' && !(await place.isSameEntry(run.place)))
      await client.discardDownload(run.place).catch(() => {})
    entry.unfinished = undefined
    entry.run = new Run(client, entry.key, place, requestDraw)
    entry.run.start()
    draw()
  }

  /** Has the browser save it, which goes on by itself where it can. */
  async function handOver(entry: Entry): Promise<void> {
    try {
      const { url } = await client.api.download({ key: entry.key }, new AbortController().signal)
      goToAttachment(url)
      entry.handedOver = true
    } catch (error) {
      entry.problem = problemWithCall(error)
    }
    draw()
  }

  async function resume(entry: Entry): Promise<void> {
    const place = entry.run?.place ?? entry.unfinished?.place
    if (!place) return
    if (!(await mayWrite(place))) {
      entry.problem = PLACES['not-allowed']
      return draw()
    }
    entry.run ??= new Run(client, entry.key, place, requestDraw)
    entry.run.start()
    draw()
  }

  function ask(row: DownloadRow, way: 'cancel' | 'discard'): void {
    const { entry } = row
    const bytes = arrivedOf(entry)
    const end = () => drop(entry, way === 'discard' ? 'discarded' : 'cancelled')
    if (bytes === 0) end()
    else confirm(row.root, way, 'download', bytes, end)
  }

  async function drop(entry: Entry, outcome: string): Promise<void> {
    const { run, unfinished } = entry
    try {
      if (run) await run.cancel()
      else if (unfinished) await client.discardDownload(unfinished.place)
      entry.run = undefined
      entry.unfinished = undefined
      announce(`The download of ${entry.fileName} is ${outcome}.`)
    } catch (error) {
      entry.problem = problemWithCall(error)
    }
    if (entry.modified === undefined) refresh()
    else draw()
  }

  return (row, action) => {
    const { entry } = row
    entry.problem = ''
    if (action === 'fetch') save(entry)
    else if (action === 'pause') entry.run?.pause()
    else if (action === 'resume') resume(entry)
    else ask(row, action)
  }
}
