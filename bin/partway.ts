import { App, Validations } from 'aws-cdk-lib'
import { readContext } from '../lib/context.ts'
import { UploadStack } from '../lib/upload-stack.ts'

export const app = new App()
new UploadStack(app, 'Partway', readContext(app.node))

// The local AWS, which synthesises at each start, does without.
if (process.env.CDK_VALIDATION !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}
