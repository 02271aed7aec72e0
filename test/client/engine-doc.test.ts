import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EVENTS, TRANSITIONS } from '../../client/states.ts'

const PAGE = readFileSync(new URL('../../docs/engine.md', import.meta.url), 'utf8')

/** Rows of the table whose first column has this title, cell by cell. */
function table(title: string): string[][] {
  const lines = PAGE.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${title} `))
  const rows = lines.slice(head + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? undefined : end).map((row) => row.split('|').slice(1, -1))
}

const words = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word)

test('docs/engine.md has the same states and transitions as the code', () => {
  const documented = table('state').map(([state, , takes]) => [words(state)[0], words(takes)])
  expect(Object.fromEntries(documented)).toEqual(TRANSITIONS)
})

test('docs/engine.md has the same events as the code', () => {
  const documented = table('event').map(([event, target]) => [words(event)[0], words(target)[0]])
  expect(Object.fromEntries(documented)).toEqual(EVENTS)
})
