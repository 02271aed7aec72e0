import { refusalOf } from './admission.ts'
import { createAnnouncer } from './announcer.ts'
import { confirm } from './confirm.ts'
import { setText } from './dom.ts'
import { count, formatBytes } from './format.ts'
import { bytesToDrop, hasStopped, isMoving, isOver } from './item-states.ts'
import { createLeaveGuard, goToAttachment } from './leaving.ts'
import { FRAME } from './markup.ts'
import { paced } from './paced.ts'
import { type Picked, pickedFromDialog, pickedFromInput } from './picked.ts'
import { Row } from './row.ts'
import type { SharedQueue } from './shared-queue.ts'
import { milestone } from './spoken.ts'
import { style } from './style.ts'
import { totalsOf } from './totals.ts'
import type { QueueItem } from './upload-queue.ts'

let sheet: CSSStyleSheet | undefined

/** What a person sees of a queue, and does with it. */
export class View {
  readonly #host: HTMLElement
  readonly #root: ShadowRoot
  readonly #rows = new Map<string, Row>()
  readonly #announce: (message: string) => void
  readonly #guard = createLeaveGuard()
  readonly #requestDraw = paced(() => this.#draw())
  #shared: SharedQueue | undefined
  #opened = new AbortController()
  #ready = false
  #moving = false
  #said = ''

  constructor(host: HTMLElement) {
    this.#host = host
    this.#root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
    if (!sheet) {
      sheet = new CSSStyleSheet()
      sheet.replaceSync(style)
    }
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.innerHTML = FRAME
    this.#announce = createAnnouncer(this.#find('#live'))
    this.#root.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-do]')
      if (button && button.ariaDisabled !== 'true') this.#do(button)
    })
    for (const id of ['files', 'folder']) {
      const input = this.#find<HTMLInputElement>(`#${id}`)
      input.onchange = () => {
        this.take(pickedFromInput(input.files ?? []))
        // So that the same file can be chosen again.
        input.value = ''
      }
    }
  }

  get overlay(): HTMLElement {
    return this.#find('.overlay')
  }

  say(where: string): void {
    setText(this.#find('slot[name=title]'), `Drop files or folders ${where}`)
  }

  open(shared: SharedQueue): void {
    this.#shared = shared
    this.#opened = new AbortController()
    const { queue } = shared
    const { signal } = this.#opened
    signal.addEventListener('abort', queue.subscribe(this.#requestDraw))
    signal.addEventListener('abort', () => this.#guard(false))
    queue.ready.then(() => {
      this.#ready = true
      this.#requestDraw()
    })
    this.#draw()
  }

  close(): void {
    this.#opened.abort()
    for (const row of this.#rows.values()) row.close()
    this.#rows.clear()
    this.#shared = undefined
    this.#ready = false
  }

  /** Takes what a person chose or dropped, and says what is not taken. */
  readonly take = async (picked: Picked | Promise<Picked>): Promise<void> => {
    const { files, complaints } = await picked
    const accept = this.#host.getAttribute('accept') ?? ''
    const maxSize = Number(this.#host.getAttribute('max-size')) || undefined
    const sentences = [...complaints]
    const taken = files.filter(({ file, path = file.name }) => {
      const problem = refusalOf(file, accept, maxSize)
      if (problem) sentences.push(`${path}: ${problem.sentence}`)
      return !problem
    })
    const refused = (await this.#shared?.queue.add(taken)) ?? []
    this.#banner('notice', [...sentences, ...refused.map(({ sentence }) => sentence)].join(' '))
    this.#requestDraw()
  }

  #find<E extends HTMLElement>(selector: string): E {
    return this.#root.querySelector(selector) as E
  }

  #emit(type: string, detail?: object): void {
    this.#host.dispatchEvent(new CustomEvent(`partway-${type}`, { detail, bubbles: true, composed: true }))
  }

  #draw(): void {
    const { queue } = this.#shared ?? {}
    if (!queue) return
    const items = queue.items.filter(({ state }) => state !== 'aborted')
    this.#drawRows(items)

    const totals = totalsOf(items)
    const { text, fraction, moving } = totals
    this.#find('#uploads').hidden = items.length === 0
    this.#root.querySelector('.picker')?.classList.toggle('aside', items.length > 0)
    setText(this.#find('#summary'), text)
    this.#find<HTMLProgressElement>('#total').value = fraction
    const any = (test: (item: QueueItem) => boolean) => items.length > 1 && items.some(test)
    this.#show(
      'pause-all',
      any(({ state }) => isMoving(state) || state === 'queued'),
    )
    this.#show(
      'resume-all',
      any(({ state }) => state === 'paused'),
    )
    this.#show(
      'retry-all',
      any(({ state, problem }) => hasStopped(state) && problem?.action === 'retry'),
    )
    this.#show(
      'cancel-all',
      any(({ state }) => !isOver(state)),
    )
    this.#show(
      'remove-all',
      any(({ state }) => isOver(state)),
    )

    const { waitingFor } = queue
    this.#banner('offline', waitingFor === 'network' ? 'You are offline. Everything goes on by itself.' : '')
    this.#banner(
      'signed-out',
      waitingFor && waitingFor !== 'network'
        ? 'Your sign-in has expired. What has arrived is kept: sign in, and everything goes on by itself.'
        : '',
    )
    const unfinished = items.filter(({ state }) => state === 'unfinished')
    this.#banner(
      'unfinished',
      unfinished.length > 0
        ? `${count(unfinished.length, 'upload')} unfinished, ${formatBytes(bytesToDrop(unfinished))} have arrived.`
        : '',
    )

    const said = JSON.stringify(totals)
    if (said !== this.#said) this.#emit('change', totals)
    this.#said = said
    if (this.#moving && !moving) this.#emit('idle')
    this.#moving = moving
    this.#guard(moving && queue.runsHere)
  }

  #drawRows(items: readonly QueueItem[]): void {
    const gone = new Set(this.#rows.keys())
    const list = this.#find('#rows')
    for (const item of items) {
      const row = this.#rows.get(item.id)
      gone.delete(item.id)
      if (!row) {
        const { name, size, state } = item
        const added = new Row(item)
        this.#rows.set(item.id, added)
        list.append(added.root)
        if (this.#ready && state !== 'unfinished') this.#emit('added', { name, size })
      } else if (row.item !== item) {
        this.#tell(row.item, item)
        row.render(item)
      }
    }
    for (const id of gone) this.#drop(id)
  }

  #tell(before: QueueItem, item: QueueItem): void {
    const { name, size, result, problem } = item
    const message = milestone(before, item)
    if (message) this.#announce(message)
    if (result && !before.result) {
      const { key, checksum, verified, location } = result
      this.#emit('done', { name, key, size, checksum, verified, location })
      if (this.#rows.size === 1) this.#rows.get(item.id)?.open(true)
    }
    if (problem && problem.code !== before.problem?.code) this.#emit('error', { name, ...problem })
  }

  /** The keyboard goes on at its neighbour. */
  #drop(id: string): void {
    const row = this.#rows.get(id)
    if (!row) return
    const { root, item } = row
    const neighbour = root.nextElementSibling ?? root.previousElementSibling
    const focused = root.matches(':focus-within')
    if (item.state === 'cancelling') this.#announce(`${item.name} is cancelled.`)
    row.close()
    this.#rows.delete(id)
    if (focused)
      (
        neighbour?.querySelector<HTMLElement>('button:not([hidden])') ?? this.#find('[data-do=choose]')
      ).focus()
  }

  #do(button: HTMLElement): void {
    const { queue } = this.#shared ?? {}
    const action = button.dataset.do
    const li = button.closest('li')
    const row = [...this.#rows.values()].find(({ root }) => root === li)
    if (!queue) return
    const items = queue.items
    const unfinished = items.filter(({ state }) => state === 'unfinished')
    if (row) {
      const { id } = row.item
      if (action === 'details') row.open()
      if (action === 'download') this.#download(row.item)
      if (action === 'dismiss') this.#dismiss(row)
      if (action !== 'toggle') return
      const { toggle } = row
      if (toggle === 'choose') this.#choose()
      else if (toggle === 'sign-in') this.#emit('sign-in')
      else if (toggle) queue[toggle](id)
      return
    }
    const actions: Record<string, () => void> = {
      choose: () => this.#choose(),
      'choose-folder': () => this.#find('#folder').click(),
      'dismiss-notice': () => this.#banner('notice', ''),
      'sign-in': () => this.#emit('sign-in'),
      'pause-all': () => queue.pause(),
      'resume-all': () => queue.resume(),
      'retry-all': () => queue.retry(),
      'remove-all': () => queue.remove(),
      'resume-unfinished': () => {
        for (const { id, needs } of unfinished) if (needs !== 'file') queue.resume(id)
        if (unfinished.every(({ needs }) => needs === 'file')) this.#choose()
      },
      discard: () =>
        this.#ask(button.closest('.banner'), unfinished, () => {
          for (const { id } of unfinished) queue.cancel(id)
        }),
      'cancel-all': () => this.#ask(this.#find('.total'), items, () => queue.cancel()),
    }
    actions[action ?? '']?.()
  }

  #dismiss({ root, item }: Row): void {
    const { queue } = this.#shared ?? {}
    if (isOver(item.state)) queue?.remove(item.id)
    else this.#ask(root, [item], () => queue?.cancel(item.id))
  }

  #ask(place: Element | null, items: readonly QueueItem[], onYes: () => void): void {
    const bytes = bytesToDrop(items)
    if (bytes === 0 || !place) onYes()
    else confirm(place, `Drop the ${formatBytes(bytes)} that have arrived?`, 'Drop', onYes)
  }

  #choose(): void {
    const input = this.#find<HTMLInputElement>('#files')
    const accept = this.#host.getAttribute('accept') ?? ''
    input.accept = accept
    if (window.showOpenFilePicker)
      this.take(
        pickedFromDialog(accept).catch((error) => {
          if (error.name !== 'AbortError') input.click()
          return { files: [], complaints: [] }
        }),
      )
    else input.click()
  }

  async #download({ result }: QueueItem): Promise<void> {
    const { client } = this.#shared ?? {}
    if (!client || !result) return
    const { url } = await client.api.download({ key: result.key }, new AbortController().signal)
    goToAttachment(url)
  }

  #show(action: string, visible: boolean): void {
    this.#find(`[data-do=${action}]`).hidden = !visible
  }

  #banner(id: string, text: string): void {
    const banner = this.#find(`#${id}`)
    banner.hidden = !text
    if (text) setText(banner.querySelector('p') as Element, text)
  }
}
