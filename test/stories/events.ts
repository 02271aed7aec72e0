import { expect } from 'vitest'
import { EVENTS } from '../../cli/events.ts'

/** Holds that each line is an event with no field that docs/cli.md does not tell of. A kill may have torn the last one. */
export function expectDeclaredEvents(printed: string): void {
  const lines = printed.split('\n').slice(0, -1)
  expect(lines.length).toBeGreaterThan(0)
  const strange = lines
    .map((line) => JSON.parse(line))
    .flatMap(({ type, time, ...fields }) => {
      const declared: readonly string[] | undefined = EVENTS[type as keyof typeof EVENTS]?.fields
      if (!declared) return [type]
      if (Number.isNaN(Date.parse(time))) return [`${type} at ${time}`]
      return Object.keys(fields)
        .filter((name) => !declared.includes(name))
        .map((name) => `${type}.${name}`)
    })
  expect([...new Set(strange)]).toEqual([])
}
