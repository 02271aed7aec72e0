import { button, elementOf } from './markup.ts'

/**
 * Asks in its place, before something is lost. The keyboard comes to the answer that keeps, and back to where it was;
 * Escape keeps, too.
 */
export function confirm(place: Element, question: string, yes: string, onYes: () => void): void {
  place.querySelector('.confirm')?.remove()
  const from = (place.getRootNode() as ShadowRoot).activeElement as HTMLElement | null
  const group = elementOf(
    `<div class="confirm" part="confirm" role="group"><p></p><div class="buttons">${button('keep', 'Keep')}${button('drop', yes, 'danger')}</div></div>`,
  )
  const close = () => {
    group.remove()
    from?.focus()
  }
  group.ariaLabel = question
  ;(group.firstChild as Element).textContent = question
  group.onclick = (event) => {
    const action = (event.target as Element).closest<HTMLElement>('[data-do]')?.dataset.do
    if (action) close()
    if (action === 'drop') onYes()
  }
  group.onkeydown = (event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    close()
  }
  place.append(group)
  group.querySelector('button')?.focus()
}
