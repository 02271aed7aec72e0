import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const PAGE = readFileSync(new URL('docs/guarantees.md', ROOT), 'utf8')
const NAMED = [...PAGE.matchAll(/`(test\/[\w./-]+\.ts)`: “([^”]+)”/g)]
const PROMISES = PAGE.split('\n## ').slice(1)

test.each(NAMED.map(([, file = '', name = '']) => [file, name]))('%s has a test “%s”', (file, name) => {
  expect(readFileSync(new URL(file, ROOT), 'utf8')).toContain(name)
})

test('whatever the page names exists', () => {
  const paths = [...PAGE.matchAll(/`(test\/[^`*]+)`/g)].map(([, path = '']) => path)
  expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([])
})

test('each promise says what breaks it, and names a test that holds it', () => {
  const promises = PROMISES.filter((text) => !text.startsWith('Not promised'))
  expect(promises.length).toBeGreaterThan(5)
  for (const promise of promises) {
    expect(promise).toContain('**What breaks it.**')
    expect(promise).toMatch(/`test\/[\w./-]+\.ts`: “/)
  }
})
