import { BlockPublicAccess, Bucket, StorageClass } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { UploadAuth } from '../../lib/upload-auth.ts'
import { UploadStack, type UploadStackProps } from '../../lib/upload-stack.ts'
import { createApp } from './synth.ts'

const allowedOrigins = ['https://www.example.com']
const issuer = 'https://login.example.com'

test.each<[string, UploadStackProps]>([
  ['iam', {}],
  ['none', { auth: UploadAuth.none(), allowedOrigins }],
  ['jwt', { auth: UploadAuth.jwt({ issuer, audience: 'partway' }), allowedOrigins }],
  ['cognito', { auth: UploadAuth.cognito(), allowedOrigins }],
  ['a site', { auth: UploadAuth.cognito(), site: true }],
  ['a key', { encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0' }],
  ['a bucket that exists', { bucketName: 'films', prefix: 'team/films' }],
  ['somebody to write to', { alarmEmail: 'ops@example.com' }],
  ['all else', { transferAcceleration: true, storageClass: StorageClass.INTELLIGENT_TIERING }],
])('with %s, every finding of AwsSolutions is explained where it is accepted', (_, props) => {
  expect(findings(new UploadStack(createApp(), 'Partway', props))).toEqual([])
})

test('a finding that nobody explained is one', () => {
  const stack = new UploadStack(createApp(), 'Partway')
  new Bucket(stack, 'Public', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ACLS_ONLY,
    publicReadAccess: true,
    enforceSSL: true,
  })
  expect(findings(stack)).toEqual(['AwsSolutions-S1', 'AwsSolutions-S2'])
})

function findings(stack: UploadStack): string[] {
  const { violations } = new AwsSolutionsChecks().validateScope(stack)
  return violations.map(({ ruleName }) => ruleName).sort()
}
