import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromium } from './test/browser/chromium.ts'
import { smallParts } from './test/faults/small-parts.ts'
import { closingLine } from './test/reporters/closing-line.ts'

const ISOMORPHIC = 'test/isomorphic/**/*.test.ts'
const HEAVY = 'test/heavy/**/*.test.ts'
const DEPLOY = 'test/deploy/**/*.test.ts'
const FAULTS = 'test/faults/**/*.test.ts'
const PACKAGE = 'test/package/**/*.test.ts'
const STORIES = 'test/stories/**/*.test.ts'
const FIREFOX = 'test/firefox/**/*.test.ts'
/** These promise nothing: they end what hangs, on a busy machine of two cores, too. */
const LIMITS = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } }
/** `FAULT_SEED=link:17` tells one story again. */
const FAULT_SEED = process.env.FAULT_SEED?.split(':')[0] ?? '*'

/**
 * node: everything that needs only npm and a browser. chromium: the isomorphic tests once more, in a real browser.
 * package: what `npm pack` makes, installed.
 * heavy: what takes long or needs other programs (`npm run test:heavy`). deploy: the stack's life on an AWS emulator
 * (`npm run test:deploy`). faults: random uploads through a proxy that breaks them (`npm run test:faults`). stories: folders there and back, by commands
 * that are killed (`npm run test:stories`). firefox: the page in Debian's Firefox (`npm run test:firefox`).
 */
export default defineConfig(async () => ({
  test: {
    reporters: ['default', closingLine],
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [HEAVY, DEPLOY, FAULTS, PACKAGE, STORIES, FIREFOX],
          ...LIMITS,
        },
      },
      {
        cacheDir: 'node_modules/.cache/vite-chromium',
        // Found in the middle of a run, a new dependency makes Vite reload the page under the tests.
        optimizeDeps: { include: ['fast-check', 'valibot'] },
        test: {
          name: 'chromium',
          include: [ISOMORPHIC],
          ...LIMITS,
          api: { host: '127.0.0.1' },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await chromium() }),
            instances: [{ browser: 'chromium' as const }],
          },
        },
      },
      {
        test: {
          name: 'package',
          include: [PACKAGE],
          globalSetup: 'test/package/setup.ts',
          ...LIMITS,
        },
      },
      {
        test: {
          name: 'stories',
          include: [STORIES],
          ...LIMITS,
          testTimeout: 900_000,
          fileParallelism: false,
        },
      },
      { test: { name: 'firefox', include: [FIREFOX], ...LIMITS } },
      { test: { name: 'heavy', include: [HEAVY], ...LIMITS, testTimeout: 600_000, fileParallelism: false } },
      {
        plugins: [smallParts],
        test: {
          name: 'faults',
          include: [`test/faults/${FAULT_SEED}.test.ts`],
          ...LIMITS,
          testTimeout: 120_000,
        },
      },
      // Its first run makes a Python environment.
      {
        test: {
          name: 'deploy',
          include: [DEPLOY],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
}))
