import { App } from 'aws-cdk-lib'
import { readContext } from '../lib/context.ts'
import { UploadStack } from '../lib/upload-stack.ts'

const app = new App()
new UploadStack(app, 'Partway', readContext(app.node))
