/** The next `beforeunload` is that of a navigation which leaves the page where it is. */
let excused = false

/** Has the browser ask before the page is left while something moves. */
export function warnBeforeLeaving(isMoving: () => boolean): void {
  addEventListener('beforeunload', (event) => {
    if (isMoving() && !excused) event.preventDefault()
    excused = false
  })
}

/** Navigates to what the server sends as an attachment: the browser saves it, and the page stays. */
export function goToAttachment(url: string): void {
  excused = true
  location.assign(url)
}
