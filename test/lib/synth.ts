import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { PartwayUploads, type PartwayUploadsProps } from '../../lib/index.ts'
import { UploadStack, type UploadStackProps } from '../../lib/upload-stack.ts'

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

function createApp(): App {
  return new App({ context: { 'aws:cdk:bundling-stacks': [] } })
}
