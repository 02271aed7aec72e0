import { count, formatBytes } from './format.ts'
import { button, elementOf } from './markup.ts'

/**
 * Asks where it was wanted, before something is lost. The keyboard comes to the answer that keeps, and back to where it was;
 * Escape keeps, too.
 * @param by what was pressed
 * @param way the word on the button that was pressed
 * @param bytes that have arrived, as far as is known
 */
export function confirm(
  by: Element,
  way: 'cancel' | 'discard',
  noun: 'upload' | 'download',
  bytes: number,
  onYes: () => void,
  number = 1,
): void {
  const act = way === 'cancel' ? 'Cancel' : 'Discard'
  const [which, nouns] = number === 1 ? [`this ${noun}`, noun] : [`these ${count(number, noun)}`, `${noun}s`]
  const lost = bytes ? `The ${formatBytes(bytes)} that have arrived` : 'What has arrived'
  const question = `${act} ${which}? ${lost} will be lost.`
  const place = by.closest('li, .total, .banner')
  place?.querySelector('.confirm')?.remove()
  const from = (by.getRootNode() as ShadowRoot).activeElement as HTMLElement | null
  const group = elementOf(
    `<div class="banner confirm" part="confirm" role="group" aria-label="${question}"><p>${question}</p>${button('keep', 'Keep')}${button('end', `${act} ${nouns}`, 'danger')}</div>`,
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
    if (chosen.dataset.do === 'end') onYes()
  }
  group.onkeydown = (event) => {
    if (event.key === 'Escape') close(event)
  }
  place?.append(group)
  group.querySelector('button')?.focus()
}
