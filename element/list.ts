import { actionOf, endOf } from './item-states.ts'
import { createRow, type Row } from './row.ts'
import { milestone } from './spoken.ts'
import type { QueueItem } from './upload-queue.ts'

/** The files, a row each, and over them the buttons for all. */
export interface List {
  readonly rows: ReadonlyMap<string, Row>
  /** @returns which buttons for all can be used: it seldom changes */
  draw(items: readonly QueueItem[]): string
  /** Whatever is older was found, not added. */
  begin(): void
}

export interface ListPorts {
  byId(id: string): HTMLElement
  /** Through the live region. */
  announce(message: string): void
  emit(type: string, detail: object): void
  toggleDetails(row: Row): void
}

export function createList({ byId, announce, emit, toggleDetails }: ListPorts): List {
  const rows = new Map<string, Row>()
  let begun = 0
  let usable = ''

  function tell(row: Row, before: QueueItem): void {
    const { item } = row
    const { name, size, result, problem } = item
    const message = milestone(before, item)
    if (message) announce(message)
    if (result && !before.result) emit('done', { ...result, name, size })
    if (problem?.tentative) return
    if (problem && problem.code !== row.told) emit('error', { name, ...problem })
    row.told = problem?.code
  }

  function drawButtons(items: readonly QueueItem[]): void {
    const [ends, actions] = [new Set<string>(), new Set<string | undefined>()]
    for (const item of items) {
      const { state } = item
      ends.add(endOf(state))
      if (state !== 'unfinished') actions.add(actionOf(item))
    }
    usable = `${items.length < 2}`
    byId('uploads').hidden = !items.length
    byId('all').hidden = items.length < 2
    byId('drop').classList.toggle('aside', items.length > 0)
    for (const { dataset, style } of byId('every').children as HTMLCollectionOf<HTMLElement>) {
      const action = dataset.do as string
      const can = (/cancel|remove/.test(action) ? ends : actions).has(action)
      style.display = can ? '' : 'none'
      usable += can
    }
  }

  return {
    rows,
    begin() {
      begun = Date.now()
    },
    draw(items) {
      // Mostly there are more bytes, and nothing else: then the buttons are as they were.
      let isOther = false
      for (const item of items) {
        const { id, name, size } = item
        const row = rows.get(id)
        if (!row) {
          const added = createRow(item)
          rows.set(id, added)
          byId('rows').append(added.root)
          isOther = true
          // Ids are times.
          if (!(+id < begun) && item.state !== 'unfinished') {
            emit('added', { name, size })
            // It may be over before it is seen for the first time.
            tell(added, { ...item, state: 'queued', result: undefined })
          } else added.told = item.problem?.code
        } else if (row.item !== item) {
          const before = row.item
          isOther = row.render(item) || isOther
          tell(row, before)
          if (item.result && !before.result && items.length < 2 && !row.details) toggleDetails(row)
        }
      }
      if (rows.size > items.length) {
        const left = new Set(items.map(({ id }) => id))
        for (const [id, { root, item, details, ended }] of rows) {
          if (left.has(id)) continue
          if (ended || item.state === 'cancelling') announce(`${item.name} is cancelled.`)
          details?.close()
          root.remove()
          rows.delete(id)
        }
        isOther = true
      }
      if (isOther) drawButtons(items)
      return usable
    },
  }
}
