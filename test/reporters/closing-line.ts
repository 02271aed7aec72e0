import type { Reporter, TestModule } from 'vitest/node'

/**
 * Names every test that did not run, with the reason it gave, and ends with one plain line for machines:
 * `N passed, N failed`. A file that fails to load and an error outside of any test count as one failure each.
 */
export const closingLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const failed = count('failed') + modules.filter(failedOutsideTests).length + unhandledErrors.length

    const notRun = tests.flatMap((test) => {
      const result = test.result()
      return result.state === 'skipped'
        ? [`not run: ${test.fullName}${result.note ? ` (${result.note})` : ''}\n`]
        : []
    })
    process.stdout.write(`${notRun.join('')}${count('passed')} passed, ${failed} failed\n`)
  },
}

function failedOutsideTests(module: TestModule): boolean {
  return module.state() === 'failed' && [...module.children.allTests('failed')].length === 0
}
