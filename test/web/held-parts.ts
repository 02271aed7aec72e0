import type { BrowserContext, Page, Route } from 'playwright-core'

/** Parts on their way to the store, stopped where the browser would send them. */
export interface HeldParts {
  /** Part numbers, as they came. */
  readonly held: readonly number[]
  /** Resolves once so many are held. */
  until(count: number): Promise<void>
  /** Lets what is held go, and whatever comes. */
  release(): Promise<void>
}

/**
 * Holds back parts, so that an upload is caught midway however fast the machine is.
 * @param which by part number
 */
export async function holdParts(
  page: Page | BrowserContext,
  which: (partNumber: number) => boolean,
): Promise<HeldParts> {
  const held: number[] = []
  const routes: Route[] = []
  const waiting = new Map<() => void, number>()
  const isHeld = (url: URL) => which(Number(url.searchParams.get('partNumber') ?? -1))
  const hold = async (route: Route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    routes.push(route)
    held.push(Number(new URL(route.request().url()).searchParams.get('partNumber')))
    for (const [resolve, count] of waiting) if (held.length >= count) resolve()
  }
  await page.route(isHeld, hold)
  return {
    held,
    until: (count) =>
      new Promise((resolve) => {
        if (held.length >= count) resolve()
        else waiting.set(resolve, count)
      }),
    async release() {
      await page.unroute(isHeld, hold)
      // One whose page has gone, or that was called off, cannot go on.
      await Promise.all(routes.splice(0).map((route) => route.continue().catch(() => {})))
    },
  }
}
