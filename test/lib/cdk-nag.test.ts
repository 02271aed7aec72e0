import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { App } from 'aws-cdk-lib'
import { StorageClass } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { UploadAuth } from '../../lib/upload-auth.ts'
import { UploadStack, type UploadStackProps } from '../../lib/upload-stack.ts'

const allowedOrigins = ['https://www.example.com']
const issuer = 'https://login.example.com'

test.each<[string, UploadStackProps]>([
  ['iam', {}],
  ['none', { auth: UploadAuth.none(), allowedOrigins }],
  ['jwt', { auth: UploadAuth.jwt({ issuer, audience: 'partway' }), allowedOrigins }],
  ['cognito', { auth: UploadAuth.cognito(), allowedOrigins }],
  ['a key', { encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0' }],
  ['a bucket that exists', { bucketName: 'films', prefix: 'team/films' }],
  ['all else', { transferAcceleration: true, storageClass: StorageClass.INTELLIGENT_TIERING }],
])('with %s, every finding of AwsSolutions is explained where it is accepted', (_, props) => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  new UploadStack(app, 'Partway', props)
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([])
})

test('synth fails on a finding that nobody explained', { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'partway-nag-'))
  try {
    const app = 'node test/lib/public-bucket-app.ts'
    const { CDK_VALIDATION: _, ...env } = process.env
    const cdk = spawn('node_modules/.bin/cdk', ['synth', '--quiet', '--app', app, '--output', directory], {
      env,
    })
    const [printed, [code]] = await Promise.all([text(cdk.stderr), once(cdk, 'close')])
    expect(printed).toMatch(/public access.*Partway\/Public\/Resource.*AwsSolutions-S2/s)
    expect(code).toBe(1)
  } finally {
    await rm(directory, { recursive: true })
  }
})
