import { setText } from '../dom.ts'

const SAY_SO_MS = 2_000

/**
 * Copies what `source` shows, and says so on the button for a moment. Where the browser does not let a page copy, the text
 * is selected, ready for the keys that do.
 */
export async function copyText(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const { textContent, ariaLabel } = button
  const say = (text: string, label: string | null) => {
    setText(button, text)
    button.ariaLabel = label
  }
  try {
    await navigator.clipboard.writeText(source.textContent)
    say('Copied', 'Copied')
  } catch {
    getSelection()?.selectAllChildren(source)
    say('Selected', 'Selected, ready to be copied')
  }
  setTimeout(() => say(textContent, ariaLabel), SAY_SO_MS)
}
