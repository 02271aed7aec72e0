import { expect, test } from 'vitest'
import type { Template } from '../../local/intrinsics.ts'
import { readTemplate } from '../../local/template.ts'
import { FIXTURE_ASSET, fixtureTemplate } from './fixture-template.ts'

const assets = new Map([[FIXTURE_ASSET, '/out/asset.c0ffee']])

test('a template is read into what the local AWS serves', () => {
  expect(readTemplate(fixtureTemplate(), assets, 'Partway')).toEqual({
    buckets: [
      {
        name: 'partway-films',
        cors: {
          CorsRules: [{ AllowedMethods: ['PUT'], AllowedOrigins: ['http://localhost:8080'], MaxAge: 60 }],
        },
        lifecycle: {
          Rules: [
            { Status: 'Enabled', Prefix: '', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
          ],
        },
      },
    ],
    functions: [
      {
        name: 'Partway-Complete',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:Partway-Complete',
        handler: 'index.handler',
        directory: '/out/asset.c0ffee',
        environment: { BUCKET: 'partway-films' },
        timeoutSeconds: 900,
        memoryMb: 256,
        role: {
          name: 'Partway-CompleteRole',
          statements: [
            { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::partway-films/uploads/*' },
          ],
        },
      },
    ],
    api: {
      id: 'local',
      cors: {
        AllowCredentials: false,
        AllowHeaders: [],
        AllowMethods: ['GET', 'POST'],
        AllowOrigins: ['http://localhost:8080'],
        ExposeHeaders: [],
      },
      routes: [
        { method: 'GET', path: '/', functionName: 'Partway-Complete', authorization: 'NONE' },
        {
          method: 'POST',
          path: '/uploads/{uploadId}/complete',
          functionName: 'Partway-Complete',
          authorization: 'NONE',
        },
      ],
      throttling: { ratePerSecond: 50, burst: 100 },
    },
  })
})

test.each<[string, (resources: Template['Resources']) => void, RegExp]>([
  [
    'a type of resource',
    (resources) => {
      resources.Queue = { Type: 'AWS::SQS::Queue' }
    },
    /Resource Queue: expected one of .*, got AWS::SQS::Queue/,
  ],
  [
    'a property',
    (resources) => set(resources, 'Films', 'VersioningConfiguration', { Status: 'Enabled' }),
    /Resource Films \(AWS::S3::Bucket\): at VersioningConfiguration: .*local\/resources\.ts/,
  ],
  [
    'an intrinsic function',
    (resources) => set(resources, 'Complete', 'Role', { 'Fn::ImportValue': 'role' }),
    /Resource Complete \(AWS::Lambda::Function\): .* got Fn::ImportValue/,
  ],
  [
    'an asset',
    (resources) => set(resources, 'Complete', 'Code', { S3Bucket: 'b', S3Key: 'other.zip' }),
    /Resource Complete: expected an asset of the stack, got other\.zip/,
  ],
  [
    'a lifecycle action',
    (resources) =>
      set(resources, 'Films', 'LifecycleConfiguration', {
        Rules: [{ Status: 'Enabled', ExpirationInDays: 1 }],
      }),
    /Resource Films .*LifecycleConfiguration\.Rules\.0/,
  ],
])('%s that is not known is an error that names the resource', (_, change, message) => {
  const template = fixtureTemplate()
  change(template.Resources)
  expect(() => readTemplate(template, assets, 'Partway')).toThrow(message)
})

function set(resources: Template['Resources'], logicalId: string, property: string, value: unknown): void {
  const resource = resources[logicalId]
  if (resource?.Properties) resource.Properties[property] = value
}
