import type { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { routes } from '../../protocol/routes.ts'
import { synthesise } from './synth.ts'

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0'
const templates = { 'SSE-S3': synthesise(), 'SSE-KMS': synthesise({ encryptionKeyArn: KEY }) }

const BUCKET = { 'Fn::GetAtt': [onlyId(templates['SSE-S3'], 'AWS::S3::Bucket'), 'Arn'] }
const OBJECTS = { 'Fn::Join': ['', [BUCKET, '/uploads/*']] }

const ON_OBJECTS = (...actions: string[]) => ({ actions, resource: OBJECTS })
const ON_BUCKET = (...actions: string[]) => ({ actions, resource: BUCKET })
/** HeadObject of what is missing says 404 only to who may list the bucket: the one permission that no operation uses as such. */
const EXCEPTION = ON_BUCKET('s3:ListBucket')

const READ = ['kms:Decrypt']
const WRITE = ['kms:Decrypt', 'kms:GenerateDataKey']

/** What each operation performs, and what its URLs do when used; and what that asks of the key, where there is one. */
const allowed: Record<string, { statements: Statement[]; ofKey: string[] }> = {
  describe: { statements: [], ofKey: [] },
  initiate: { statements: [ON_OBJECTS('s3:PutObject')], ofKey: WRITE },
  presign: { statements: [ON_OBJECTS('s3:PutObject')], ofKey: WRITE },
  'list-parts': { statements: [ON_OBJECTS('s3:ListMultipartUploadParts')], ofKey: READ },
  complete: {
    statements: [ON_OBJECTS('s3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'), EXCEPTION],
    ofKey: READ,
  },
  abort: {
    statements: [ON_OBJECTS('s3:AbortMultipartUpload', 's3:ListMultipartUploadParts')],
    ofKey: READ,
  },
  'list-uploads': {
    statements: [ON_OBJECTS('s3:ListMultipartUploadParts'), ON_BUCKET('s3:ListBucketMultipartUploads')],
    ofKey: READ,
  },
  'list-objects': {
    statements: [{ ...ON_BUCKET('s3:ListBucket'), condition: { StringLike: { 's3:prefix': 'uploads/*' } } }],
    ofKey: [],
  },
  download: { statements: [ON_OBJECTS('s3:GetObject'), EXCEPTION], ofKey: READ },
}

interface Statement {
  actions: string[]
  resource: unknown
  condition?: unknown
}

test('the table has every operation', () => {
  expect(Object.keys(allowed)).toEqual(Object.keys(routes))
})

describe.each(Object.entries(templates))('with %s', (encryption, template) => {
  test.each(Object.entries(allowed))(
    'the role of %s allows exactly what the table says, and its own log and traces',
    (route, { statements, ofKey }) => {
      const { role, log } = functionOf(template, route)
      const key = encryption === 'SSE-KMS' && ofKey.length > 0 ? [{ actions: ofKey, resource: KEY }] : []
      expect(role.ManagedPolicyArns).toBeUndefined()
      expect(statementsOf(role)).toEqual([
        { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resource: { 'Fn::GetAtt': [log, 'Arn'] } },
        { actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resource: '*' },
        ...statements,
        ...key,
      ])
    },
  )

  test('no other policy gives a function anything', () => {
    template.resourceCountIs('AWS::IAM::Policy', 0)
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0)
    template.resourceCountIs('AWS::IAM::Role', Object.keys(allowed).length)
  })
})

interface Role {
  ManagedPolicyArns?: unknown
  Policies: { PolicyDocument: { Statement: RawStatement[] } }[]
}

interface RawStatement {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: unknown
}

function statementsOf(role: Role): Statement[] {
  return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(
    ({ Effect, Action, Resource, Condition }) => {
      expect(Effect).toBe('Allow')
      return {
        actions: [Action].flat().sort(),
        resource: Resource,
        ...(Condition !== undefined && { condition: Condition }),
      }
    },
  )
}

function functionOf(template: Template, route: string): { role: Role; log: string } {
  const [found] = Object.values(template.findResources('AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.Description === `Partway: ${route}`,
  )
  const roleId = found?.Properties.Role['Fn::GetAtt'][0]
  return {
    role: template.findResources('AWS::IAM::Role')[roleId]?.Properties,
    log: found?.Properties.LoggingConfig.LogGroup.Ref,
  }
}

function onlyId(template: Template, type: string): string {
  const [id = '', ...others] = Object.keys(template.findResources(type))
  expect(others).toEqual([])
  return id
}
