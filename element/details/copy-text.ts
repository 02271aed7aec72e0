import { setText } from '../dom.ts'

const SAY_SO_MS = 2_000

/**
 * Copies a text, and says so on the button for a moment. Where the browser does not let a page copy, it is shown and selected,
 * ready for the keys that do.
 * @param text @default what is there
 * @returns whether it was copied
 */
export async function copyText(
  place: HTMLElement,
  button: HTMLButtonElement,
  text = place.textContent,
): Promise<boolean> {
  const { textContent, ariaLabel } = button
  const say = (word: string, label: string | null) => {
    setText(button, word)
    button.ariaLabel = label
  }
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  if (copied) say('Copied', 'Copied')
  else {
    setText(place, text)
    getSelection()?.selectAllChildren(place)
    say('Selected', 'Selected, ready to be copied')
  }
  setTimeout(() => say(textContent, ariaLabel), SAY_SO_MS)
  return !!copied
}
