const GATHER_MS = 1_000
const SPOKEN_AT_ONCE = 2

/**
 * Speaks through one polite live region. What comes within a second is said together, and a flood of it only counted, for
 * a screen reader reads every change to its end.
 */
export function createAnnouncer(region: HTMLElement): (message: string) => void {
  const messages: string[] = []
  return (message) => {
    messages.push(message)
    if (messages.length > 1) return
    setTimeout(() => {
      region.textContent = summarise(messages)
      messages.length = 0
    }, GATHER_MS)
  }
}

function summarise(messages: readonly string[]): string {
  const more = messages.length - SPOKEN_AT_ONCE
  const spoken = messages.slice(0, SPOKEN_AT_ONCE).join(' ')
  return more > 0 ? `${spoken} And ${more} more.` : spoken
}
