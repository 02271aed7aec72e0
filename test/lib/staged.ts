import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { App, type Stack } from 'aws-cdk-lib'

/** The folder of the staged asset, other than the page's source, that holds a file. */
export function stagedWith(stack: Stack, ...file: string[]): string {
  process.env.CDK_VALIDATION = 'false'
  const { directory } = App.of(stack)?.synth() ?? {}
  if (directory === undefined) throw new Error('Expected a stack of an app.')
  const assets = readdirSync(directory).map((entry) => join(directory, entry))
  const found = assets.find((path) => existsSync(join(path, ...file)) && !existsSync(join(path, 'main.ts')))
  if (found === undefined) throw new Error(`Expected an asset with ${file.join('/')}, got ${assets}.`)
  return found
}
