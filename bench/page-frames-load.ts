/** What the page has to show. */
export const FILES = 500
export const MOVING_PARTS = 6
export const PARTS_OF_A_FILE = 128

declare global {
  interface Window {
    /** Tells of a little more of each part that moves. */
    moveParts(frame: number): void
  }
}

export function nameOf(index: number): string {
  return `films/Reel ${index + 1}.mov`
}
