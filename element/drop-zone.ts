/** What was dropped: the files, and how many folders among them were left out. */
export interface Dropped {
  readonly files: readonly File[]
  readonly folders: number
}

/**
 * Takes files dropped anywhere on the page and shows `overlay` while they hover. Anything else that is dragged, such as
 * selected text, is left alone.
 */
export function acceptDrops(overlay: HTMLElement, onDrop: (dropped: Dropped) => void): void {
  const hover = (event: DragEvent) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    overlay.hidden = false
  }
  addEventListener('dragenter', hover)
  addEventListener('dragover', hover)
  addEventListener('dragleave', (event) => {
    // Between two elements of the page the drag has somewhere to go; outside it, or given up, it has not.
    if (event.relatedTarget === null) overlay.hidden = true
  })
  addEventListener('drop', (event) => {
    overlay.hidden = true
    if (!carriesFiles(event)) return
    event.preventDefault()
    onDrop(filesOf(event.dataTransfer))
  })
}

/** Opens the browser's own file dialog from `button`; `input` is reset, so that the same file can be chosen again. */
export function acceptChoices(
  button: HTMLButtonElement,
  input: HTMLInputElement,
  onChoice: (files: readonly File[]) => void,
): void {
  button.addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    onChoice(files)
  })
}

function carriesFiles(event: DragEvent): event is DragEvent & { dataTransfer: DataTransfer } {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** Reads the items at once: after the event they are gone. */
function filesOf({ items }: DataTransfer): Dropped {
  const dropped = [...items].filter(({ kind }) => kind === 'file')
  const files = dropped.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true)
  return {
    files: files.map((item) => item.getAsFile()).filter((file) => file !== null),
    folders: dropped.length - files.length,
  }
}
