import { createAnnouncer } from './announcer.ts'
import { setText } from './dom.ts'
import type { Downloads } from './downloads/index.ts'
import { createDropTarget } from './drop-target.ts'
import { createFocusKeeper } from './focus.ts'
import { count, formatBytes } from './format.ts'
import { actionOf, bytesToDrop, endOf } from './item-states.ts'
import { createLeaveGuard } from './leaving.ts'
import { createList } from './list.ts'
import { FRAME } from './markup.ts'
import { paced } from './paced.ts'
import type { PartwayUpload } from './partway-upload.ts'
import { type Picked, pickedFromInput } from './picked.ts'
import type { Row } from './row.ts'
import { type SharedQueue, shareQueue } from './shared-queue.ts'
import { style } from './style.ts'
import { type Totals, totalsOf } from './totals.ts'

/** What a person sees of a queue, and does with it. */
export interface View {
  /** While it is open. */
  readonly shared: SharedQueue | undefined
  open(): void
  close(): void
  /** Takes what a person chose or dropped, and says what is not taken. */
  take(picked: Picked | Promise<Picked>): Promise<void>
}

/** Code that is loaded when it is wanted may not come, such as where there is no network. */
const NOT_LOADED = 'This could not be loaded. Check your network, then reload the page.'

let sheet: CSSStyleSheet | undefined

export function createView(host: PartwayUpload): View {
  const root = host.attachShadow({ mode: 'open' })
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
  }
  root.adoptedStyleSheets = [sheet]
  root.innerHTML = FRAME
  const byId = <E extends HTMLElement>(id: string) => root.getElementById(id) as E
  const [files, folder] = [byId<HTMLInputElement>('files'), byId<HTMLInputElement>('folder')]
  const announce = createAnnouncer(byId('live'))
  const guard = createLeaveGuard()
  const requestDraw = paced(draw)
  const keepFocus = createFocusKeeper(root)
  const list = createList({ byId, announce, emit, toggleDetails })
  const drops = createDropTarget(host, hover, take)
  let shared: SharedQueue | undefined
  let unsubscribe: ((() => void) | undefined)[] = []
  let downloads: Promise<Downloads | undefined> | undefined
  let moving = false
  let told = ''

  for (const input of [files, folder])
    input.onchange = () => {
      take(pickedFromInput(input.files ?? []))
      // So that the same file can be chosen again.
      input.value = ''
    }
  root.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest('button')
    // Those of the downloads have a listener of their own.
    if (!button?.dataset.do || button.ariaDisabled === 'true' || button.closest('#downloads')) return
    act(button.dataset.do, list.rows.get(button.closest('li')?.dataset.id ?? ''), button)
  })

  function act(action: string, row: Row | undefined, button: Element): void {
    if (!shared) return
    const { queue, client } = shared
    const id = row?.item.id
    // Where nothing goes on without its file, that is what there is to do.
    const lost = !row && action === 'resume' && !queue.items.some((item) => actionOf(item) === action)
    if (lost || action === 'choose') choose()
    else if (action === 'reload') location.reload()
    else if (action === 'folder') folder.click()
    else if (action === 'sign-in') {
      emit(action)
      // Asked for a token again, whoever signs people in can wait for them.
      if (id) queue.retry(id)
    } else if (action === 'close') banner('notice')
    else if (action === 'details') toggleDetails(row as Row)
    else if (action === 'download')
      import('./details/index.ts')
        .then(({ save }) => save(client, row as Row))
        .then((trouble) => trouble && banner('notice', trouble), notLoaded)
    else if (action === 'cancel' || action === 'discard') end(action, row, button)
    else queue[action as 'pause'](id)
  }

  /** One upload, or all that this is the way to end of. */
  function end(way: 'cancel' | 'discard', row: Row | undefined, button: Element): void {
    const { queue } = shared as SharedQueue
    const items = row ? [row.item] : queue.items.filter(({ state }) => endOf(state) === way)
    const bytes = bytesToDrop(items)
    const onYes = () => {
      for (const { id } of items) {
        const row = list.rows.get(id)
        if (row) row.ended = true
        queue.cancel(id)
      }
    }
    // Of what was found, it may not be known yet how much it is.
    if (bytes || way === 'discard')
      import('./confirm.ts').then(
        ({ confirm }) => confirm(button, way, 'upload', bytes, onYes, items.length),
        notLoaded,
      )
    else onYes()
  }

  function choose(): void {
    files.accept = host.getAttribute('accept') ?? ''
    if (window.showOpenFilePicker)
      import('./dialog.ts')
        .then(({ pickedFromDialog }) => pickedFromDialog(files.accept))
        .then(take, ({ name }) => {
          if (name !== 'AbortError') files.click()
        })
    else files.click()
  }

  const notLoaded = () => void banner('notice', NOT_LOADED)

  async function toggleDetails(row: Row): Promise<void> {
    const { button, root } = row
    const open = button.ariaExpanded !== 'true'
    button.ariaExpanded = String(open)
    row.details?.close()
    row.details = undefined
    if (!open) return
    const loaded = await import('./details/index.ts').catch(() => undefined)
    if (!loaded) {
      button.ariaExpanded = 'false'
      notLoaded()
    } else if (root.isConnected && button.ariaExpanded === 'true') {
      // Meanwhile it may have been closed, or removed.
      row.details ??= loaded.createDetails(root, row.item)
    }
  }

  async function take(picked: Picked | Promise<Picked>): Promise<void> {
    try {
      const [{ admit }, chosen] = await Promise.all([import('./admission.ts'), picked])
      banner('notice', await admit(chosen, host, (files) => shared?.queue.add(files), emit))
    } catch {
      notLoaded()
    }
  }

  function hover(over: boolean): void {
    byId('drop').classList.toggle('over', over)
    byId('overlay').togglePopover(over && host.getAttribute('drop') !== 'element')
  }

  function draw(): void {
    if (!shared) return
    const { queue, client } = shared
    const { waits } = client.api
    // The list of what is unfinished waits for a sign-in, too, when nothing moves.
    const waitingFor = queue.waitingFor ?? waits?.current?.for
    const items = queue.items.filter(({ state }) => state !== 'aborted')
    const unfinished = items.filter(({ state }) => state === 'unfinished')
    const arrived = bytesToDrop(unfinished)
    const totals = totalsOf(items)
    keepFocus(() => {
      const usable = list.draw(items)
      setText(byId('summary'), totals.text)
      byId<HTMLProgressElement>('total').value = totals.fraction
      // Only the server knows how much, and may not have said so yet.
      banner(
        'unfinished',
        unfinished.length &&
          `${count(unfinished.length, 'upload')} unfinished${arrived ? `: ${formatBytes(arrived)} have arrived` : ''}.`,
      )
      banner('offline', waitingFor === 'network' && 'You are offline. Everything goes on by itself.')
      banner(
        'signed-out',
        waitingFor &&
          waitingFor !== 'network' &&
          'Your sign-in has expired. Sign in, and everything goes on by itself.',
      )
      return [waitingFor, byId('notice').textContent, !unfinished.length, usable]
    })
    if (host.hasAttribute('downloads'))
      downloads ??= import('./downloads/index.ts').then(
        ({ createDownloads }) => createDownloads({ client, root: byId('downloads'), announce }),
        notLoaded,
      )
    report(totals)
  }

  function report(totals: Totals): void {
    const news = JSON.stringify(totals)
    if (news !== told) emit('change', totals)
    told = news
    if (moving && !totals.moving) emit('idle')
    moving = totals.moving
    guard(moving && !!shared?.queue.runsHere)
  }

  function banner(id: string, text?: string | 0 | false): void {
    setText(byId(id).children[1] as Element, text || '')
  }

  function emit(type: string, detail?: object): void {
    host.dispatchEvent(new CustomEvent(`partway-${type}`, { detail, bubbles: true, composed: true }))
  }

  return {
    get shared() {
      return shared
    },
    take,
    open() {
      if (shared) return
      shared = shareQueue(host)
      const { queue, client } = shared
      unsubscribe = [queue.subscribe(requestDraw), client.api.waits?.subscribe(requestDraw)]
      import('./ahead.ts').then(({ loaded }) => loaded).catch(notLoaded)
      list.begin()
      setText(
        byId('title').firstElementChild as Element,
        `Drop files or folders ${host.getAttribute('drop') === 'element' ? 'here' : 'anywhere on this page'}`,
      )
      drops.open()
      draw()
    },
    close() {
      if (!shared) return
      drops.close()
      for (const stop of unsubscribe) stop?.()
      downloads?.then((list) => list?.close())
      list.draw([])
      report(totalsOf([]))
      shared.release()
      shared = downloads = undefined
    },
  }
}
