import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { costsTable } from '../../scripts/costs.ts'

test('docs/operations.md has the costs that node scripts/costs.ts prints', async () => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  expect(page).toContain(`\n\n${costsTable()}\n\n`)
})

test.each([
  ['5 GiB', '640 × 8 MiB', 3.2],
  ['5 GiB', '80 × 64 MiB', 0.4],
])('a thousand files of %s in %s cost about $%d, which deploy.md says of one', (file, parts, dollars) => {
  const row = costsTable()
    .split('\n')
    .find((line) => line.startsWith(`| ${file} | ${parts} |`))
  const [, total] = /\*\*\$(.+)\*\*/.exec(row ?? '') ?? []
  expect(Number(total)).toBeCloseTo(dollars, 1)
})
