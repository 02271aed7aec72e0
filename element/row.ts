import { setText } from './dom.ts'
import { percentOf } from './format.ts'
import { hasStopped, isMoving, isOver } from './item-states.ts'
import { amountOf, noteOf, paceOf, statusOf } from './item-texts.ts'
import { elementOf, ICONS, ROW } from './markup.ts'
import { createRowDetails, type RowDetails } from './row-details.ts'
import type { ItemState, ProblemAction, QueueItem } from './upload-queue.ts'

export type Toggle = 'pause' | 'resume' | ProblemAction

const TOGGLES: Record<Toggle, [label: string, icon: keyof typeof ICONS]> = {
  pause: ['Pause', 'pause'],
  resume: ['Resume', 'resume'],
  retry: ['Retry', 'retry'],
  restart: ['Send again', 'retry'],
  choose: ['Choose file', 'file'],
  'sign-in': ['Sign in', 'resume'],
  remove: ['Remove', 'remove'],
}

const BADGES: Partial<Record<ItemState, keyof typeof ICONS>> = {
  uploading: 'rise',
  completing: 'rise',
  paused: 'pause',
  waiting: 'wait',
  unfinished: 'wait',
  done: 'done',
  resumable: 'alert',
  failed: 'alert',
}

let template: HTMLElement | undefined

/** One file of the list. Its elements are made once, and written to when something changed. */
export class Row {
  readonly root: HTMLElement
  item: QueueItem
  /** What the first button does. */
  toggle: Toggle | undefined
  readonly #find: (selector: string) => HTMLElement
  #details: RowDetails | undefined

  constructor(item: QueueItem) {
    template ??= elementOf(ROW)
    this.root = template.cloneNode(true) as HTMLElement
    this.item = item
    const cache: Record<string, HTMLElement> = {}
    this.#find = (selector) => (cache[selector] ??= this.root.querySelector(selector) as HTMLElement)
    const name = this.#find('.name')
    name.textContent = name.title = item.name
    this.#label('download', 'Download')
    this.#label('details', 'Details of')
    this.#button('details').ariaExpanded = 'false'
    this.render(item)
  }

  render(item: QueueItem): void {
    const { state, bytes, size } = item
    const find = this.#find
    const bar = find('progress') as HTMLProgressElement
    const status = statusOf(item)
    this.item = item
    this.toggle = toggleOf(item)
    if (this.root.dataset.state !== state) {
      this.root.dataset.state = state
      find('.badge path').setAttribute('d', ICONS[BADGES[state] ?? 'file'])
      this.#label('dismiss', isOver(state) ? 'Remove from the list:' : 'Cancel')
      this.#button('dismiss').ariaDisabled = String(state === 'cancelling')
    }
    setText(find('.status'), status)
    bar.value = state === 'done' ? 1 : size && bytes / size
    bar.setAttribute('aria-label', item.name)
    bar.setAttribute('aria-valuetext', `${percentOf(bytes, size, state === 'done')} %, ${status}`)
    setText(find('.amount'), amountOf(item))
    setText(find('.pace'), paceOf(item))
    setText(find('.note'), noteOf(item))
    setText(find('.problem'), item.problem?.sentence ?? '')
    if (this.toggle) {
      const [label, icon] = TOGGLES[this.toggle]
      find('[data-do=toggle] path').setAttribute('d', ICONS[icon])
      this.#label('toggle', label)
      this.#button('toggle').ariaDisabled = String(state === 'completing')
      this.#button('toggle').classList.toggle('icon', this.toggle === 'pause' || state === 'paused')
    }
    this.#show('toggle', this.toggle !== undefined)
    this.#show('download', state === 'done')
    this.#details?.render(item)
  }

  /** @param open whether its details show; the other way round by default */
  open(open = !this.#details): void {
    if (open === !!this.#details) return
    this.#details?.close()
    this.#details = open ? createRowDetails(this.root, this.item) : undefined
    this.#button('details').ariaExpanded = String(open)
  }

  close(): void {
    this.#details?.close()
    this.root.remove()
  }

  #button(action: string): HTMLElement {
    return this.#find(`[data-do=${action}]`)
  }

  #label(action: string, label: string): void {
    const button = this.#button(action)
    setText(this.#find(`[data-do=${action}] span`), label)
    button.ariaLabel = `${label} ${this.item.name}`
    button.title = label
  }

  /** A button that goes away hands its focus on, so that the keyboard does not start at the top of the page again. */
  #show(action: string, visible: boolean): void {
    const button = this.#button(action)
    const focused = button.matches(':focus')
    button.hidden = !visible
    if (focused && !visible) this.#button('dismiss').focus()
  }
}

function toggleOf({ state, needs, problem }: QueueItem): Toggle | undefined {
  // While it completes there is nothing to pause, and the button stays: the focus may be on it.
  if (isMoving(state) && state !== 'cancelling') return 'pause'
  if (state === 'unfinished') return needs === 'file' ? 'choose' : 'resume'
  if (state === 'paused') return 'resume'
  return hasStopped(state) ? problem?.action : undefined
}
