import { Stack } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3'
import { app } from '../../bin/partway.ts'

/** The app as it is, and a mistake in it. */
const [stack] = app.node.children.filter(Stack.isStack)
if (stack)
  new Bucket(stack, 'Public', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ACLS_ONLY,
    publicReadAccess: true,
  })
