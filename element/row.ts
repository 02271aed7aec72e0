import { setText } from './dom.ts'
import { actionOf, endOf, isOver } from './item-states.ts'
import { amountOf, noteOf, paceOf, statusOf } from './item-texts.ts'
import { elementOf, ICONS, ROW } from './markup.ts'
import type { ItemState, QueueItem } from './upload-queue.ts'

/** One file of the list. */
export interface Row {
  readonly root: HTMLElement
  item: QueueItem
  /** @returns whether more than bytes and texts changed */
  render(item: QueueItem): boolean
  /** Opens and closes its details. */
  readonly button: HTMLElement
  /** The code of its problem, once whoever embeds the element knows. */
  told?: string | undefined
  /** A person asked for its end, which may come before it is drawn again. */
  ended?: boolean
  /** While they show. */
  details?: { render(item: QueueItem): void; close(): void } | undefined
}

const LABELS: Record<string, string> = {
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Retry',
  restart: 'Send again',
  choose: 'Choose file',
  'sign-in': 'Sign in',
  remove: 'Remove',
  reload: 'Reload page',
  cancel: 'Cancel',
  discard: 'Discard',
}

const BADGES: Partial<Record<ItemState, keyof typeof ICONS>> = {
  uploading: 'send',
  completing: 'send',
  paused: 'pause',
  waiting: 'wait',
  unfinished: 'wait',
  done: 'done',
  resumable: 'alert',
  failed: 'alert',
}

let template: HTMLElement | undefined

/** Its elements are made once, and written to when something changed. */
export function createRow(first: QueueItem): Row {
  template ??= elementOf(ROW)
  const root = template.cloneNode(true) as HTMLElement
  const [badge, name, status, toggle, download, details, dismiss, bar, amount, pace, note, problem] =
    root.querySelectorAll(
      '.badge path,.name,.status,button,progress,.facts span,.note,.problem',
    ) as unknown as Parts
  const label = (button: HTMLElement, text: string) => {
    const whole = `${text} ${row.item.name}`
    if (button.ariaLabel === whole) return
    button.ariaLabel = whole
    button.title = text
    setText(button.lastElementChild as Element, text)
  }
  root.dataset.id = first.id
  details.ariaExpanded = 'false'
  let drawn: string | undefined

  const row: Row = {
    root,
    button: details,
    item: first,
    render(item) {
      const { state, bytes, size, name: fileName, result } = item
      const over = isOver(state)
      const action = actionOf(item)
      row.item = item
      setText(status, statusOf(item))
      bar.value = over ? 1 : size && bytes / size
      setText(amount, amountOf(item))
      setText(pace, paceOf(item))
      setText(note, noteOf(item))
      setText(problem, item.problem?.sentence ?? '')
      row.details?.render(item)

      const looks = [state, action, fileName, !!result].join()
      if (looks === drawn) return false
      drawn = looks
      // Of what only the server told, the file that is chosen knows the name better.
      name.textContent = name.title = bar.ariaLabel = fileName
      label(download, 'Download')
      label(details, 'Details of')
      root.dataset.state = state
      badge.setAttribute('d', ICONS[BADGES[state] ?? 'file'])
      toggle.hidden = !action
      // What a person has to decide is said in a word.
      toggle.classList.toggle('wide', !!action && action !== 'pause' && state !== 'paused')
      if (action) {
        toggle.dataset.do = action
        toggle
          .querySelector('path')
          ?.setAttribute('d', ICONS[action === 'choose' ? 'file' : (action as 'retry')] ?? ICONS.retry)
        label(toggle, LABELS[action] ?? '')
        toggle.ariaDisabled = String(state === 'completing')
      }
      download.hidden = !result
      const way = endOf(state)
      dismiss.dataset.do = way
      label(dismiss, over ? 'Remove from the list:' : (LABELS[way] as string))
      dismiss.ariaDisabled = String(state === 'cancelling')
      return true
    },
  }
  row.render(first)
  return row
}

type Parts = [
  badge: SVGPathElement,
  name: HTMLElement,
  status: HTMLElement,
  toggle: HTMLElement,
  download: HTMLElement,
  details: HTMLElement,
  dismiss: HTMLElement,
  bar: HTMLProgressElement,
  amount: HTMLElement,
  pace: HTMLElement,
  note: HTMLElement,
  problem: HTMLElement,
]
