import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RouteName } from '../protocol/routes.ts'

/** What lib/bundle.ts made when the package was built: scripts/build.ts puts this module into the package in its place. */

export const LAMBDA = fileURLToPath(new URL('./functions', import.meta.url))
/** With index.html. */
export const WEB = fileURLToPath(new URL('./site', import.meta.url))

/** Puts the code of one operation into a folder, as index.js. */
export function bundleFunction(route: RouteName, outputDirectory: string): boolean {
  cpSync(join(LAMBDA, route), outputDirectory, { recursive: true })
  return true
}

/** Puts the code and the style of the page into a folder, below assets/. */
export function bundleSite(outputDirectory: string): boolean {
  cpSync(join(WEB, 'assets'), join(outputDirectory, 'assets'), { recursive: true })
  return true
}
