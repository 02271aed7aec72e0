import { refusalOf } from './admission.ts'
import { createAnnouncer } from './announcer.ts'
import { confirm } from './confirm.ts'
import { setText } from './dom.ts'
import type { Downloads } from './downloads/index.ts'
import { count, formatBytes } from './format.ts'
import { actionOf, bytesToDrop, isOver } from './item-states.ts'
import { createLeaveGuard, goToAttachment } from './leaving.ts'
import { FRAME } from './markup.ts'
import { paced } from './paced.ts'
import type { PartwayUpload } from './partway-upload.ts'
import { type Picked, pickedFromDialog, pickedFromInput } from './picked.ts'
import { createRow, type Row } from './row.ts'
import type { SharedQueue } from './shared-queue.ts'
import { milestone } from './spoken.ts'
import { style } from './style.ts'
import { totalsOf } from './totals.ts'
import type { QueueItem, UploadQueue } from './upload-queue.ts'

/** What a person sees of a queue, and does with it. */
export interface View {
  /** Files hover, or do no more. */
  hover(over: boolean): void
  open(shared: SharedQueue): void
  close(): void
  /** Takes what a person chose or dropped, and says what is not taken. */
  take(picked: Picked | Promise<Picked>): Promise<void>
  /** Where files can be dropped, in words. */
  say(where: string): void
  showDownloads(): void
}

let sheet: CSSStyleSheet | undefined

export function createView(host: PartwayUpload): View {
  const root = host.attachShadow({ mode: 'open' })
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
  }
  root.adoptedStyleSheets = [sheet]
  root.innerHTML = FRAME
  const find = <E extends HTMLElement>(selector: string) => root.querySelector(selector) as E
  const [files, folder, list] = [
    find<HTMLInputElement>('#files'),
    find<HTMLInputElement>('#folder'),
    find('#rows'),
  ]
  const announce = createAnnouncer(find('#live'))
  const guard = createLeaveGuard()
  const requestDraw = paced(draw)
  const rows = new Map<string, Row>()
  let shared: SharedQueue | undefined
  let unsubscribe: (() => void) | undefined
  let downloads: Promise<Downloads> | undefined
  let ready = false
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
    const row = rows.get(button?.closest('li')?.dataset.id ?? '')
    if (button && shared && button.ariaDisabled !== 'true' && !button.closest('#downloads'))
      act(button, shared, row)
  })

  function act(button: HTMLElement, { queue, client }: SharedQueue, row: Row | undefined): void {
    const action = button.dataset.do
    const id = row?.item.id
    switch (action) {
      case 'choose':
        choose()
        break
      case 'folder':
        folder.click()
        break
      case 'sign-in':
        emit(action)
        break
      case 'close':
        banner('notice', '')
        break
      case 'details':
        if (row) toggleDetails(row)
        break
      case 'download':
        client.api
          .download({ key: row?.item.result?.key ?? '' }, new AbortController().signal)
          .then(({ url }) => goToAttachment(url))
        break
      case 'cancel':
        ask(row?.root ?? find('#all'), row ? [row.item] : queue.items, () => queue.cancel(id))
        break
      case 'discard':
        ask(find('#unfinished'), unfinished(queue), () => {
          for (const { id } of unfinished(queue)) queue.cancel(id)
        })
        break
      default:
        queue[action as 'pause'](id)
    }
    requestDraw()
  }

  function ask(place: Element, items: readonly QueueItem[], onYes: () => void): void {
    const bytes = bytesToDrop(items)
    if (bytes === 0) onYes()
    else confirm(place, `Drop the ${formatBytes(bytes)} that have arrived?`, 'Drop', onYes)
  }

  function choose(): void {
    files.accept = host.getAttribute('accept') ?? ''
    if (!window.showOpenFilePicker) files.click()
    else
      pickedFromDialog(files.accept).then(take, ({ name }) => {
        if (name !== 'AbortError') files.click()
      })
  }

  async function toggleDetails(row: Row): Promise<void> {
    const { root, details } = row
    details?.close()
    row.details = details ? undefined : (await import('./details/index.ts')).createDetails(root, row.item)
    const button = root.querySelector<HTMLElement>('[data-do=details]')
    if (button) button.ariaExpanded = String(!details)
  }

  async function take(picked: Picked | Promise<Picked>): Promise<void> {
    const { files, complaints = [] } = await picked
    const said = [...complaints]
    const taken = files.filter(({ file, path = file.name }) => {
      const problem = refusalOf(file, host.getAttribute('accept') ?? '', host.number('max-size'))
      if (problem) said.push(`${path}: ${problem.sentence}`)
      return !problem
    })
    const refused = (await shared?.queue.add(taken)) ?? []
    banner('notice', [...said, ...refused.map(({ sentence }) => sentence)].join(' '))
  }

  function showDownloads(): void {
    if (!shared || !host.hasAttribute('downloads')) return
    const { client } = shared
    downloads ??= import('./downloads/index.ts').then(({ createDownloads }) =>
      createDownloads({ client, root: find('#downloads'), announce }),
    )
  }

  function draw(): void {
    if (!shared) return
    const { queue } = shared
    const focused = root.activeElement
    const row = focused?.closest('li')
    const neighbour = row?.nextElementSibling ?? row?.previousElementSibling
    const items = queue.items.filter(({ state }) => state !== 'aborted')
    drawRows(items)

    const totals = totalsOf(items)
    find('#uploads').hidden = !totals.files
    root.querySelector('#drop')?.classList.toggle('aside', totals.files > 0)
    setText(find('#summary'), totals.text)
    find<HTMLProgressElement>('#all progress').value = totals.fraction
    find('#all').hidden = items.length < 2
    for (const button of root.querySelectorAll<HTMLElement>('#all > .buttons button')) {
      const action = button.dataset.do
      button.hidden = !items.some((item) =>
        action === 'cancel'
          ? !isOver(item.state)
          : action === 'remove'
            ? isOver(item.state)
            : action === actionOf(item) && item.state !== 'unfinished',
      )
    }
    const { waitingFor } = queue
    const left = unfinished(queue)
    banner('offline', waitingFor === 'network' && 'You are offline. Everything goes on by itself.')
    banner(
      'signed-out',
      waitingFor &&
        waitingFor !== 'network' &&
        'Your sign-in has expired. What has arrived is kept: sign in, and everything goes on by itself.',
    )
    banner(
      'unfinished',
      left.length > 0 &&
        `${count(left.length, 'upload')} unfinished: ${formatBytes(bytesToDrop(left))} of ${formatBytes(left.reduce((sum, { size }) => sum + size, 0))} have arrived.`,
    )

    // Whatever had the keyboard and is gone hands it on, so that it does not start at the top of the page again.
    if (focused && !focused.checkVisibility())
      for (const place of [focused.parentElement, row, neighbour, root]) {
        const heir = [...(place?.querySelectorAll('button') ?? [])].find((button) => button.checkVisibility())
        if (heir) {
          heir.focus()
          break
        }
      }

    const news = JSON.stringify(totals)
    if (news !== told) emit('change', totals)
    told = news
    if (moving && !totals.moving) emit('idle')
    moving = totals.moving
    guard(moving && queue.runsHere)
  }

  function drawRows(items: readonly QueueItem[]): void {
    const gone = new Map(rows)
    for (const item of items) {
      const { id, name, size } = item
      const row = rows.get(id)
      gone.delete(id)
      if (!row) {
        const added = createRow(item)
        rows.set(id, added)
        list.append(added.root)
        if (ready && item.state !== 'unfinished') emit('added', { name, size })
      } else if (row.item !== item) {
        tell(row.item, item)
        row.render(item)
        if (items.length === 1 && item.result && !row.details) toggleDetails(row)
      }
    }
    for (const [id, { root, item, details }] of gone) {
      if (item.state === 'cancelling') announce(`${item.name} is cancelled.`)
      details?.close()
      root.remove()
      rows.delete(id)
    }
  }

  function tell(before: QueueItem, item: QueueItem): void {
    const { name, size, result, problem } = item
    const message = milestone(before, item)
    if (message) announce(message)
    if (result && !before.result) {
      const { key, checksum, verified, location } = result
      emit('done', { name, key, size, checksum, verified, location })
    }
    if (problem && problem.code !== before.problem?.code) emit('error', { name, ...problem })
  }

  function banner(id: string, text: string | false | undefined): void {
    const root = find(`#${id}`)
    root.hidden = !text
    if (text) setText(root.querySelector('p') as Element, text)
  }

  function emit(type: string, detail?: object): void {
    host.dispatchEvent(new CustomEvent(`partway-${type}`, { detail, bubbles: true, composed: true }))
  }

  return {
    take,
    showDownloads,
    hover(over) {
      find('#drop').classList.toggle('over', over)
      if (host.getAttribute('drop') !== 'element') find('#overlay').togglePopover(over)
    },
    say: (where) => setText(find('slot'), `Drop files or folders ${where}`),
    open(opened) {
      shared = opened
      unsubscribe = opened.queue.subscribe(requestDraw)
      opened.queue.ready.then(() => {
        draw()
        ready = true
      })
      draw()
    },
    close() {
      unsubscribe?.()
      downloads?.then((list) => list.close())
      downloads = undefined
      for (const { root, details } of rows.values()) {
        details?.close()
        root.remove()
      }
      rows.clear()
      shared = undefined
      moving = ready = false
      guard(false)
    },
  }
}

const unfinished = ({ items }: UploadQueue) => items.filter(({ state }) => state === 'unfinished')
