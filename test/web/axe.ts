import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** Evaluated rather than added as a script: the page's CSP lets no other in. */
const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

declare const axe: { run(context: Document, options: object): Promise<AxeResults> }

/**
 * What axe-core finds wrong with the page as it stands, shadow roots included.
 * @returns a line for each: the rule, and where
 */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(SOURCE)
  const violations = await page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ target, failureSummary }) => `${target.flat().join(' ')}: ${failureSummary}`),
    }))
  })
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.replaceAll(/\s+/g, ' ')}`))
}
