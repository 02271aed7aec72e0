import { button, elementOf } from './markup.ts'

/**
 * Asks in its place, before something is lost. The keyboard comes to the answer that keeps, and back to where it was;
 * Escape keeps, too.
 */
export function confirm(place: Element, question: string, yes: string, onYes: () => void): void {
  place.querySelector('.confirm')?.remove()
  const from = (place.getRootNode() as ShadowRoot).activeElement as HTMLElement | null
  const group = elementOf(
    `<div class="banner confirm" part="confirm" role="group" aria-label="${question}"><p>${question}</p>${button('keep', 'Keep')}${button('drop', yes, 'danger')}</div>`,
  )
  const close = (event: Event) => {
    // Whoever holds this element may close with the same key.
    event.stopPropagation()
    group.remove()
    from?.focus()
  }
  group.onclick = (event) => {
    const chosen = (event.target as Element).closest('button')
    if (!chosen) return
    close(event)
    if (chosen.dataset.do === 'drop') onYes()
  }
  group.onkeydown = (event) => {
    if (event.key === 'Escape') close(event)
  }
  place.append(group)
  group.querySelector('button')?.focus()
}
