const EXCUSED_MS = 1_000

let excusedUntil = 0

/** Has the browser ask before the page is left while something moves. @returns whoever says so, as often as it likes */
export function createLeaveGuard(): (moving: boolean) => void {
  const warn = (event: Event) => {
    if (Date.now() > excusedUntil) event.preventDefault()
  }
  // A listener alone keeps a page out of the cache that makes "back" quick.
  return (moving) => (moving ? addEventListener : removeEventListener)('beforeunload', warn)
}

/** Navigates to what the server sends as an attachment: the browser saves it, and the page stays. */
export function goToAttachment(url: string): void {
  excusedUntil = Date.now() + EXCUSED_MS
  location.assign(url)
}
