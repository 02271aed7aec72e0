import { copyText } from '../details/copy-text.ts'
import { setText } from '../dom.ts'
import { formatBytes, percentOf } from '../format.ts'
import { button, elementOf, ICONS } from '../markup.ts'
import type { Entry } from './entries.ts'
import { amountOf, arrivedOf, formatDate, noteOf, paceOf, problemWith, proofOf, statusOf } from './texts.ts'

export type RowAction = 'fetch' | 'pause' | 'resume' | 'cancel' | 'discard'

const ROW = `<li class="upload download" part="row"><svg class="badge" viewBox="0 0 24 24" aria-hidden="true"><path/></svg>
<div class="heading"><p class="name"></p><p class="status"></p></div>
<div class="actions">${button('main', '', 'icon', ' ')}${button('drop', '', 'icon', ICONS.remove)}</div>
<div class="body"><progress part="bar" max="1" value="0"></progress>
<p class="facts"><span class="amount"></span><span class="pace"></span></p>
<p class="note"></p><p class="problem" part="problem" role="alert"></p>
<div class="proof-line"><p class="proof"></p><code class="checksum"></code>${button('copy', 'Copy', 'quiet')}</div></div></li>`

const LABELS: Record<RowAction, [label: string, icon: keyof typeof ICONS]> = {
  fetch: ['Download', 'download'],
  pause: ['Pause', 'pause'],
  resume: ['Resume', 'resume'],
  cancel: ['Cancel', 'remove'],
  discard: ['Discard', 'remove'],
}

/** One object of the list. Its elements are made once, and written to when something changed. */
export class DownloadRow {
  readonly root = elementOf(ROW)
  readonly entry: Entry
  main: RowAction = 'fetch'
  drop: RowAction | undefined

  constructor(entry: Entry) {
    this.entry = entry
    setText(this.#find('.name'), entry.fileName)
    const copy = this.#find<HTMLButtonElement>('[data-do=copy]')
    copy.ariaLabel = `Copy checksum of ${entry.fileName}`
    copy.onclick = () => copyText(this.#find('.checksum'), copy)
    this.render()
  }

  render(): void {
    const { entry } = this
    const { size, run } = entry
    const [main, drop] = actionsOf(entry)
    const moves = run !== undefined && run.state !== 'done'
    const status = statusOf(entry)
    const proof = proofOf(entry)
    const bar = this.#find<HTMLProgressElement>('progress')
    this.main = main
    this.drop = drop
    this.root.dataset.state = stateOf(entry)
    this.#find('.badge path').setAttribute('d', ICONS[badgeOf(entry)])
    setText(this.#find('.status'), status)
    const bytes = arrivedOf(entry)
    const shown = moves || entry.unfinished !== undefined
    bar.hidden = !shown || run?.state === 'done'
    bar.value = size && bytes / size
    bar.ariaLabel = entry.fileName
    bar.setAttribute('aria-valuetext', `${percentOf(bytes, size, false)} %, ${status}`)
    this.#find('.facts').hidden = !moves
    setText(this.#find('.amount'), amountOf(entry))
    setText(this.#find('.pace'), paceOf(entry))
    setText(this.#find('.note'), noteOf(entry))
    setText(this.#find('.problem'), entry.problem || (run?.state === 'stopped' ? problemWith(run.error) : ''))
    this.#find('.proof-line').hidden = !proof
    setText(this.#find('.proof'), proof?.text ?? '')
    setText(this.#find('.checksum'), proof?.checksum ?? '')
    this.#find('[data-do=copy]').hidden = !proof?.checksum
    this.#label('main', main)
    const busy = run?.state === 'pausing' || run?.state === 'completing'
    this.#find('[data-do=main]').ariaDisabled = String(busy)
    this.#find('[data-do=main]').classList.toggle('icon', main === 'pause')
    if (drop) this.#label('drop', drop)
    this.#show('drop', drop !== undefined)
  }

  focus(): void {
    this.#find('[data-do=main]').focus()
  }

  /** Names tell files of one name apart by their size and time. */
  #label(place: 'main' | 'drop', action: RowAction): void {
    const { fileName, size, modified } = this.entry
    const element = this.#find(`[data-do=${place}]`)
    const [label, icon] = LABELS[action]
    const which = action === 'fetch' && modified ? `, ${formatBytes(size)}, ${formatDate(modified)}` : ''
    element.ariaLabel = `${label}${action === 'fetch' ? '' : ' download of'} ${fileName}${which}`
    element.title = label
    setText(this.#find(`[data-do=${place}] span`), label)
    this.#find(`[data-do=${place}] path`).setAttribute('d', ICONS[icon])
  }

  /** A button that goes away hands its focus on. */
  #show(place: 'drop', visible: boolean): void {
    const element = this.#find(`[data-do=${place}]`)
    const focused = element.matches(':focus')
    element.hidden = !visible
    if (focused && !visible) this.focus()
  }

  #find<E extends HTMLElement>(selector: string): E {
    return this.root.querySelector(selector) as E
  }
}

function actionsOf({ run, unfinished }: Entry): [main: RowAction, drop: RowAction | undefined] {
  if (!run) return unfinished ? ['resume', 'discard'] : ['fetch', undefined]
  if (run.state === 'done') return ['fetch', undefined]
  if (run.isMoving) return ['pause', 'cancel']
  return [stateOf({ run, unfinished }) === 'failed' ? 'fetch' : 'resume', 'discard']
}

/** As styles and tests know it. */
function stateOf({ run, unfinished }: Pick<Entry, 'run' | 'unfinished'>): string {
  if (!run) return unfinished ? 'unfinished' : 'stored'
  if (run.state !== 'stopped') return run.state
  const { resumable = true } = Object(run.error) as { resumable?: boolean }
  return resumable ? 'resumable' : 'failed'
}

function badgeOf({ run, unfinished }: Entry): keyof typeof ICONS {
  if (!run) return unfinished ? 'wait' : 'file'
  if (run.state === 'done') return 'done'
  if (run.state === 'stopped') return 'alert'
  return run.isMoving ? 'download' : 'pause'
}
