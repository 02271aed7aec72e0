import { SourceChangedError } from './errors.ts'
import type { Identity } from './ports.ts'

/**
 * Compares what a file was with what it is.
 * @param name for the message
 * @returns `touched` where nothing differs but a time that a rename changes as well as an edit that puts the other time back: only
 * reading tells which
 * @throws {SourceChangedError} that names what differs
 */
export function compareIdentity(name: string, before: Identity, now: Identity): 'same' | 'touched' {
  const differing = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (what) => before[what] !== now[what],
  )
  const changes = differing
    .filter((what) => what !== 'touched')
    .map((what) => `${what} was ${before[what] ?? 'unknown'}, is ${now[what] ?? 'unknown'}`)
  if (changes.length > 0) {
    throw new SourceChangedError(
      `Expected ${name} as it was when its upload began, got another: ${changes.join('; ')}. ` +
        'Put the old file back, or begin anew.',
    )
  }
  return differing.length > 0 ? 'touched' : 'same'
}
