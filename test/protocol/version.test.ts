import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { VERSION } from '../../protocol/version.ts'

test('the version that GET / tells is that of the package', () => {
  expect(VERSION).toBe(manifest.version)
})
