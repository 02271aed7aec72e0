import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliPage } from '../../scripts/cli-docs.ts'

test('docs/cli.md says what the command table says (node scripts/cli-docs.ts > docs/cli.md)', async () => {
  const written = await readFile(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
  expect(written).toBe(cliPage())
})
