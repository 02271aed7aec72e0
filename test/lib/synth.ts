import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll } from 'vitest'
import { PartwayUploads, type PartwayUploadsProps } from '../../lib/index.ts'
import { UploadStack, type UploadStackProps } from '../../lib/upload-stack.ts'

const folder = mkdtempSync(join(tmpdir(), 'partway-lib-'))
let assemblies = 0
afterAll(() => rmSync(folder, { recursive: true }))

/** The template of the app's stack, without CDK's slow validation and without bundling: `npm run synth` does both. */
export function synthesise(props: UploadStackProps = {}): Template {
  return templateOf(new UploadStack(createApp(), 'Partway', props))
}

/** A stack of somebody's own, to put the construct in. */
export function createStack(): Stack {
  return new Stack(createApp(), 'Films', { env: { account: '111122223333', region: 'eu-west-1' } })
}

/** The template of a stack with nothing but the construct. */
export function synthesiseUploads(props: PartwayUploadsProps = {}): Template {
  const stack = createStack()
  new PartwayUploads(stack, 'Uploads', props)
  return templateOf(stack)
}

export function templateOf(stack: Stack): Template {
  process.env.CDK_VALIDATION = 'false'
  return Template.fromStack(stack)
}

/** An app that bundles nothing, and whose assemblies go with the test file. */
export function createApp(context: Record<string, unknown> = {}): App {
  assemblies += 1
  return new App({
    outdir: join(folder, String(assemblies)),
    context: { 'aws:cdk:bundling-stacks': [], ...context },
  })
}
