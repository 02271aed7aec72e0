import { type Picked, pickedFromDrop } from './picked.ts'

const TYPES = ['dragenter', 'dragover', 'dragleave', 'drop'] as const

/** Takes files that are dropped on the page, or on `host` alone where its attribute `drop` says `element`. */
export interface DropTarget {
  open(): void
  close(): void
}

/**
 * Anything else that is dragged, such as selected text, is left alone, and so is what somebody nearer has taken.
 * @param hover files are over the target, or are no more
 */
export function createDropTarget(
  host: HTMLElement,
  hover: (over: boolean) => void,
  take: (picked: Promise<Picked>) => void,
): DropTarget {
  const listener = (event: DragEvent) => {
    const { type, dataTransfer } = event
    if (!dataTransfer?.types.includes('Files')) return
    const mine =
      !event.defaultPrevented &&
      (host.getAttribute('drop') !== 'element' || event.composedPath().includes(host))
    if (type === 'dragleave') {
      // Between two elements of the page the drag has somewhere to go; outside it, or given up, it has not.
      if (!event.relatedTarget) hover(false)
      return
    }
    hover(mine && type !== 'drop')
    if (!mine) return
    event.preventDefault()
    dataTransfer.dropEffect = 'copy'
    if (type === 'drop') take(pickedFromDrop(dataTransfer))
  }
  return {
    open() {
      for (const type of TYPES) addEventListener(type, listener)
    },
    close() {
      for (const type of TYPES) removeEventListener(type, listener)
    },
  }
}
