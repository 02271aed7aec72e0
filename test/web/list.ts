import type { Locator, Page } from 'playwright-core'
import { button, rowOf, textOf } from './stage.ts'

/** The list of uploads as a person uses it. */

export async function choose(page: Page, ...paths: string[]): Promise<void> {
  await page.setInputFiles('#files', paths)
}

/** Waits for the title of the page, without its name. */
export async function titled(page: Page, title: RegExp, timeout?: number): Promise<void> {
  await page.waitForFunction(
    ([source]) => new RegExp(`^(?:${source}) · Partway$`).test(document.title),
    [title.source] as const,
    timeout ? { timeout } : {},
  )
}

export function done(page: Page, timeout?: number): Promise<void> {
  return titled(page, /Done/, timeout)
}

/** Of a row: its map, and at the end its proof, with key and checksum. Opens them. */
export async function detailsOf(page: Page, name: string): Promise<Locator> {
  const opener = button(page, `Details of ${name}`)
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click()
  const details = rowOf(page, name).locator('.details')
  await details.waitFor()
  return details
}

/** Waits until the page knows that many parts to be stored. */
export async function storedShown(page: Page, name: string, parts: number): Promise<void> {
  const details = await detailsOf(page, name)
  await details.getByText(new RegExp(`^${parts} stored$`)).waitFor()
}

export async function keyOf(page: Page, name: string): Promise<string> {
  return textOf((await detailsOf(page, name)).locator('dd.key'))
}

/** What has the focus, by its name, shadow roots included. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return (element?.ariaLabel ?? element?.textContent ?? '').trim()
  })
}

/** Part numbers of some that are among the others. */
export function overlap(some: readonly number[], others: readonly number[]): number[] {
  return some.filter((number) => others.includes(number))
}
