import { copyText } from './copy-text.ts'
import { find, setText } from './dom.ts'
import { explain } from './explain.ts'
import { percentOf } from './format.ts'
import { amountOf, noteOf, paceOf, proofOf, statusOf } from './row-texts.ts'
import { hasStopped, isMoving, type TransferView } from './transfer.ts'

type Toggle = 'pause' | 'resume' | 'retry' | 'restart'

/** What the buttons of a row ask for; `remove` takes a finished file off the list. */
export type RowActions = Record<Toggle | 'cancel' | 'remove' | 'download', () => void>

export interface UploadRow {
  readonly root: HTMLElement
  render(view: TransferView): void
  /** Says what went wrong with a button, beside what went wrong with the upload. */
  complain(sentence: string): void
}

const TOGGLES: Record<Toggle, { label: string; icon: string }> = {
  pause: { label: 'Pause', icon: 'M8.5 5.5v13M15.5 5.5v13' },
  resume: { label: 'Resume', icon: 'M8 5.5v13L18.5 12z' },
  retry: { label: 'Retry', icon: 'M19 12a7 7 0 1 1-2.05-4.95L19 9M19 4.5V9h-4.5' },
  restart: { label: 'Send again', icon: 'M19 12a7 7 0 1 1-2.05-4.95L19 9M19 4.5V9h-4.5' },
}

const FILE_ICON =
  'M13 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V9zM13 3.5V9h5.5'
const STATE_ICONS: Partial<Record<TransferView['state'], string>> = {
  done: 'M5 12.5l4.5 4.5L19 7.5',
  waiting: 'M7 4.5h10M7 19.5h10M8 4.5c0 4 4 5 4 7.5s-4 3.5-4 7.5M16 4.5c0 4-4 5-4 7.5s4 3.5 4 7.5',
  resumable: 'M12 6.5v7M12 17.5v.01',
  failed: 'M12 6.5v7M12 17.5v.01',
}

/** One file of the list. Its elements are made once, and written to when something changed. */
export function createUploadRow(template: HTMLTemplateElement, name: string, actions: RowActions): UploadRow {
  const root = find(document.importNode(template.content, true), '.upload', HTMLElement)
  const text = (selector: string) => find(root, selector, HTMLElement)
  const button = (selector: string, label: string, press: () => void) => {
    const element = find(root, selector, HTMLButtonElement)
    element.addEventListener('click', press)
    setLabel(element, label, name)
    return element
  }
  const badge = find(root, '.badge path', SVGPathElement)
  const bar = find(root, 'progress', HTMLProgressElement)
  const [status, amount, pace] = [text('.status'), text('.amount'), text('.pace')]
  const note = text('.note')
  const [problem, result, proof, key] = [text('.problem'), text('.result'), text('.proof'), text('.key')]
  const toggleIcon = find(root, '.toggle path', SVGPathElement)
  const toggleLabel = text('.toggle-label')
  let toggles: Toggle | undefined
  let finished = false
  let complaint = ''
  const toggle = button('.toggle', '', () => {
    complaint = ''
    if (toggles !== undefined) actions[toggles]()
  })
  const dismiss = button('.dismiss', 'Cancel', () => (finished ? actions.remove() : actions.cancel()))
  const download = button('.download', 'Download', actions.download)
  const copy = button('.copy', 'Copy key of', () => copyText(key, copy))

  setText(text('.name'), name)
  text('.name').title = name
  bar.setAttribute('aria-label', name)

  return {
    root,
    render(view) {
      const { state, bytes, size, error } = view
      const explanation = hasStopped(state) && error !== undefined ? explain(error) : undefined
      finished = state === 'done' || state === 'aborted'
      toggles = toggleOf(view, explanation?.remedy)

      root.dataset.state = state
      badge.setAttribute('d', STATE_ICONS[state] ?? FILE_ICON)
      setText(status, statusOf(view))
      bar.value = state === 'done' ? 1 : size === 0 ? 0 : bytes / size
      bar.setAttribute('aria-valuetext', `${percentOf(bytes, size, state === 'done')} %, ${statusOf(view)}`)
      setText(amount, amountOf(view))
      setText(pace, paceOf(view))
      setText(note, noteOf(view))
      setText(problem, complaint || (explanation?.sentence ?? ''))
      setText(proof, proofOf(view))
      setText(key, view.result?.key ?? '')
      if (toggles !== undefined) {
        toggleIcon.setAttribute('d', TOGGLES[toggles].icon)
        setText(toggleLabel, TOGGLES[toggles].label)
        setLabel(toggle, TOGGLES[toggles].label, name)
      }
      setLabel(dismiss, finished ? 'Remove from the list:' : 'Cancel', name)
      toggle.ariaDisabled = String(state === 'completing')
      result.hidden = state !== 'done'
      show(toggle, toggles !== undefined, state === 'done' ? download : dismiss)
    },
    complain(sentence) {
      complaint = sentence
      setText(problem, sentence)
    },
  }
}

function toggleOf({ state }: TransferView, remedy: Toggle | undefined): Toggle | undefined {
  // While it completes there is nothing to pause, and the button stays: the focus may be on it.
  if (isMoving(state) && state !== 'cancelling') return 'pause'
  return state === 'paused' ? 'resume' : remedy
}

function setLabel(button: HTMLButtonElement, label: string, name: string): void {
  button.setAttribute('aria-label', `${label} ${name}`)
  if (button.classList.contains('icon')) button.title = label
}

/** A button that goes away hands its focus on, so that the keyboard does not start at the top of the page again. */
function show(button: HTMLButtonElement, visible: boolean, heir: HTMLButtonElement): void {
  const focused = document.activeElement === button
  button.hidden = !visible
  if (focused && !visible) heir.focus()
}
