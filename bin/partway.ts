import { App, Validations } from 'aws-cdk-lib'
import { ConfigurationError } from '../lib/configuration-error.ts'
import { readContext } from '../lib/context.ts'
import { UploadStack } from '../lib/upload-stack.ts'

export const app = new App()
try {
  new UploadStack(app, 'Partway', readContext(app.node))
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error
  console.error(error.message)
  process.exit(1)
}

// The local AWS, which synthesises at each start, does without.
if (process.env.CDK_VALIDATION !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}
