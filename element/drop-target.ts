import { type Picked, pickedFromDrop } from './picked.ts'

/**
 * Takes files dropped on `target`, and shows `overlay` while they hover. Anything else that is dragged, such as selected text,
 * is left alone, and so is what somebody nearer has taken.
 */
export function acceptDrops(
  target: Window | HTMLElement,
  overlay: HTMLElement,
  onDrop: (picked: Promise<Picked>) => void,
  signal: AbortSignal,
): void {
  const show = (visible: boolean) => overlay.togglePopover(visible)
  const listen = (type: string, listener: (event: DragEvent, files: DataTransfer) => void) =>
    target.addEventListener(
      type,
      (event) => {
        const { dataTransfer } = event as DragEvent
        if (event.defaultPrevented) show(false)
        else if (dataTransfer?.types.includes('Files')) listener(event as DragEvent, dataTransfer)
      },
      { signal },
    )
  const hover = (event: DragEvent, files: DataTransfer) => {
    event.preventDefault()
    files.dropEffect = 'copy'
    show(true)
  }
  listen('dragenter', hover)
  listen('dragover', hover)
  listen('dragleave', ({ relatedTarget }) => {
    // Between two elements of the page the drag has somewhere to go; outside it, or given up, it has not.
    if (!(relatedTarget && (target === window || (target as Node).contains(relatedTarget as Node))))
      show(false)
  })
  listen('drop', (event, files) => {
    event.preventDefault()
    show(false)
    onDrop(pickedFromDrop(files))
  })
}
