import type { BrowserClient } from '../../client/browser/index.ts'
import { setText } from '../dom.ts'
import { count } from '../format.ts'
import { createLeaveGuard } from '../leaving.ts'
import { button, elementOf, ICONS } from '../markup.ts'
import { paced } from '../paced.ts'
import { createActions } from './actions.ts'
import { Entries, type Entry } from './entries.ts'
import { createMilestones } from './milestones.ts'
import { DownloadRow } from './row.ts'
import { style } from './style.ts'
import { problemWithCall } from './texts.ts'

/** So many rows are drawn, and as many more each time that somebody asks. */
const ROWS_AT_ONCE = 50
/** Fewer are found by looking. */
const WORTH_FILTERING = 8
/** Nothing happens while a connection hangs, and rates and times must not stand still with it. */
const STALL_CHECK_MS = 1_000
/** After so long, somebody has typed what they wanted. */
const TYPING_MS = 500

export interface DownloadsOptions {
  readonly client: BrowserClient
  /** Becomes the list. Within a shadow root, whose styles it adds to. */
  readonly root: HTMLElement
  /** Says something to whoever listens, politely. */
  announce(message: string): void
}

export interface Downloads {
  /** Asks the bucket again. */
  refresh(): void
  /** Stops what is under way, which is kept, and leaves. */
  close(): void
}

const FRAME = `<section class="downloads" part="downloads" aria-labelledby="downloads-title">
<div class="total"><h2 id="downloads-title">Stored files</h2><p class="count"></p>
<label class="filter" hidden><span class="heard">Filter by name</span><input type="search" placeholder="Filter by name" part="filter"></label>
${button('refresh', 'Refresh', 'quiet', ICONS.retry)}</div>
<div role="alert"><div class="banner trouble" part="banner" hidden><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS.alert}"/></svg><p></p>${button('refresh', 'Try again')}</div></div>
<p class="none" hidden></p><ul hidden></ul>
<div class="buttons">${button('more', 'Show more')}</div></section>`

/**
 * The list of what is in the bucket for this caller, newest first, with downloads that go on after a pause, a reload and a crash
 * where the browser has the File System Access API, and by the browser's own means where it has not.
 */
export function createDownloads({ client, root, announce }: DownloadsOptions): Downloads {
  const entries = new Entries(client)
  const rows = new Map<Entry, DownloadRow>()
  const milestone = createMilestones(announce)
  const guard = createLeaveGuard()
  const closed = new AbortController()
  const frame = elementOf(FRAME)
  const find = <E extends HTMLElement>(selector: string) => frame.querySelector(selector) as E
  const filter = find<HTMLInputElement>('input')
  const list = find('ul')
  let shown = ROWS_AT_ONCE
  let loading: AbortController | undefined
  let loaded = false
  let trouble = ''
  let stallCheck: ReturnType<typeof setTimeout> | undefined
  let typing: ReturnType<typeof setTimeout> | undefined
  const requestDraw = paced(() => closed.signal.aborted || draw())
  const act = createActions({ client, announce, refresh, draw, requestDraw })

  addStyle(root)
  root.replaceChildren(frame)
  frame.addEventListener('click', onClick)
  filter.addEventListener('input', () => {
    shown = ROWS_AT_ONCE
    draw()
    clearTimeout(typing)
    typing = setTimeout(() => announce(find('.count').textContent), TYPING_MS)
  })
  const { host } = root.getRootNode() as ShadowRoot
  host?.addEventListener('partway-done', () => refresh(), { signal: closed.signal })
  refresh()

  function refresh(): void {
    load((signal) => entries.load(signal))
  }

  async function load(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    loading?.abort()
    const own = new AbortController()
    loading = own
    draw()
    try {
      await work(own.signal)
      trouble = ''
      loaded = true
    } catch (error) {
      if (own.signal.aborted) return
      trouble = problemWithCall(error)
    }
    if (loading === own) loading = undefined
    draw()
  }

  function draw(): void {
    const found = entries.sorted(filter.value)
    const { length } = entries.all
    drawRows(found.slice(0, shown))
    setText(find('.count'), countText(found.length, length))
    find('.filter').hidden = length < WORTH_FILTERING
    find('.trouble').hidden = !trouble
    setText(find('.trouble p'), trouble)
    const none = noneText(found.length)
    find('.none').hidden = !none
    setText(find('.none'), none)
    list.hidden = found.length === 0
    showMore(shown < found.length || entries.hasMore)
    for (const action of frame.querySelectorAll('[data-do=refresh]')) action.ariaDisabled = String(!!loading)
    const moving = entries.all.some(({ run }) => run?.isMoving)
    guard(moving)
    clearTimeout(stallCheck)
    if (moving) stallCheck = setTimeout(requestDraw, STALL_CHECK_MS)
  }

  function drawRows(wanted: readonly Entry[]): void {
    const focused = rowOf((root.getRootNode() as ShadowRoot).activeElement)
    const keep = new Set(wanted)
    for (const [entry, row] of rows) {
      if (keep.has(entry)) continue
      row.root.remove()
      rows.delete(entry)
    }
    let before = list.firstElementChild
    for (const entry of wanted) {
      const row = rows.get(entry) ?? new DownloadRow(entry)
      if (rows.has(entry)) row.render()
      rows.set(entry, row)
      milestone(entry)
      if (row.root === before) before = before.nextElementSibling
      else list.insertBefore(row.root, before)
    }
    // One that was moved has lost it.
    if (focused && rows.has(focused.entry) && !focused.root.matches(':focus-within')) focused.focus()
    else if (focused && !rows.has(focused.entry)) find('[data-do=refresh]').focus()
  }

  function showMore(visible: boolean): void {
    const more = find('[data-do=more]')
    const focused = more.matches(':focus')
    more.hidden = !visible
    if (focused && !visible) [...rows.values()].at(-1)?.focus()
  }

  function countText(found: number, all: number): string {
    if (!loaded) return ''
    const some = entries.hasMore ? 'the oldest ' : ''
    return found === all ? `${some}${count(all, 'file')}` : `${found} of ${some}${count(all, 'file')}`
  }

  function noneText(found: number): string {
    if (found > 0 || trouble) return ''
    if (!loaded) return 'Asking what is stored…'
    return filter.value
      ? 'No file has that in its name.'
      : 'Nothing is stored yet. What is uploaded appears here.'
  }

  function rowOf(element: Element | null): DownloadRow | undefined {
    const li = element?.closest('li')
    return [...rows.values()].find((row) => row.root === li)
  }

  function onClick(event: Event): void {
    const pressed = (event.target as Element).closest<HTMLElement>('[data-do]')
    const action = pressed?.dataset.do
    // Whatever these are called, they are nobody else's.
    event.stopPropagation()
    if (!pressed || pressed.ariaDisabled === 'true') return
    const row = rowOf(pressed)
    if (action === 'refresh') refresh()
    else if (action === 'more') more()
    else if (row && action === 'main') act(row, row.main)
    else if (row?.drop && action === 'drop') act(row, row.drop)
  }

  function more(): void {
    shown += ROWS_AT_ONCE
    if (shown > entries.all.length && entries.hasMore) load((signal) => entries.more(signal))
    else draw()
  }

  return {
    refresh,
    close() {
      closed.abort()
      loading?.abort()
      clearTimeout(stallCheck)
      clearTimeout(typing)
      guard(false)
      for (const { run } of entries.all) run?.pause()
      root.replaceChildren()
    },
  }
}

const sheets = new WeakMap<Document, CSSStyleSheet>()

function addStyle(root: HTMLElement): void {
  const { ownerDocument } = root
  const within = root.getRootNode() as Document | ShadowRoot
  let sheet = sheets.get(ownerDocument)
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
    sheets.set(ownerDocument, sheet)
  }
  if (!within.adoptedStyleSheets.includes(sheet)) within.adoptedStyleSheets.push(sheet)
}
