import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { UploadStack, type UploadStackProps } from '../../lib/upload-stack.ts'

/** The template of a stack, without CDK's slow validation and without bundling: `npm run synth` does both. */
export function synthesise(props: UploadStackProps = {}): Template {
  process.env.CDK_VALIDATION = 'false'
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return Template.fromStack(new UploadStack(app, 'Partway', props))
}
