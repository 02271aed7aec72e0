import { pickedFromDrop } from './picked.ts'
import type { View } from './view.ts'

/**
 * Takes files dropped on `target`, and shows so while they hover. Anything else that is dragged, such as selected text,
 * is left alone, and so is what somebody nearer has taken.
 */
export function acceptDrops(target: Window | HTMLElement, { hover, take }: View, signal: AbortSignal): void {
  for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'])
    target.addEventListener(
      type,
      (event) => {
        const { dataTransfer, relatedTarget } = event as DragEvent
        if (!dataTransfer?.types.includes('Files')) return
        const taken = event.defaultPrevented
        // Between two elements of the target the drag has somewhere to go; outside it, or given up, it has not.
        const left =
          type === 'dragleave' &&
          !(relatedTarget && (target === window || (target as Node).contains(relatedTarget as Node)))
        if (type !== 'dragleave' || left) hover(!taken && !left && type !== 'drop')
        if (taken) return
        if (type !== 'dragleave') event.preventDefault()
        dataTransfer.dropEffect = 'copy'
        if (type === 'drop') take(pickedFromDrop(dataTransfer))
      },
      { signal },
    )
}
