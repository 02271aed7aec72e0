import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
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
  const details = rowOf(page, name).locator('.details')
  const opener = button(page, `Details of ${name}`)
  // The only row opens by itself when it is done: perhaps between a look and a click, which closes it.
  const open = async () => {
    if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click()
    return details.isVisible()
  }
  await expect.poll(open, { message: `details of ${name}` }).toBe(true)
  return details
}

/** Waits until the page knows that many parts to be stored, at whichever try. */
export async function storedShown(page: Page, name: string, parts: number, timeout?: number): Promise<void> {
  const legend = (await detailsOf(page, name)).locator('.legend')
  const stored = async () => {
    const numbers = [...(await textOf(legend)).matchAll(/(\d+) stored/g)].map(([, number]) => Number(number))
    return numbers.reduce((sum, number) => sum + number, 0)
  }
  await expect.poll(stored, { ...(timeout && { timeout }), message: `stored parts of ${name}` }).toBe(parts)
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
