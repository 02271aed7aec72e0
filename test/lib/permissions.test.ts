import { expect, test } from 'vitest'
import { routes } from '../../protocol/routes.ts'
import { synthesise } from './synth.ts'

const template = synthesise()
const BUCKET = { 'Fn::GetAtt': [bucketId(), 'Arn'] }
const OBJECTS = { 'Fn::Join': ['', [BUCKET, '/uploads/*']] }

const ON_OBJECTS = (...actions: string[]) => ({ actions, resource: OBJECTS })
const ON_BUCKET = (...actions: string[]) => ({ actions, resource: BUCKET })
/** HeadObject of what is missing says 404 only to who may list the bucket: the one permission that no operation uses as such. */
const EXCEPTION = ON_BUCKET('s3:ListBucket')

/** What each operation performs, and what its URLs do when used. */
const allowed: Record<string, Statement[]> = {
  describe: [],
  initiate: [ON_OBJECTS('s3:PutObject')],
  presign: [ON_OBJECTS('s3:PutObject')],
  'list-parts': [ON_OBJECTS('s3:ListMultipartUploadParts')],
  complete: [ON_OBJECTS('s3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'), EXCEPTION],
  abort: [ON_OBJECTS('s3:AbortMultipartUpload', 's3:ListMultipartUploadParts')],
  'list-uploads': [ON_OBJECTS('s3:ListMultipartUploadParts'), ON_BUCKET('s3:ListBucketMultipartUploads')],
  'list-objects': [
    { ...ON_BUCKET('s3:ListBucket'), condition: { StringLike: { 's3:prefix': 'uploads/*' } } },
  ],
  download: [ON_OBJECTS('s3:GetObject'), EXCEPTION],
}

interface Statement {
  actions: string[]
  resource: unknown
  condition?: unknown
}

test('the table has every operation', () => {
  expect(Object.keys(allowed)).toEqual(Object.keys(routes))
})

test.each(Object.keys(allowed))(
  'the role of %s allows exactly what the table says, and its own log',
  (route) => {
    const { role, log } = functionOf(route)
    expect(role.ManagedPolicyArns).toBeUndefined()
    const statements = role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(
      toStatement,
    )
    expect(statements).toEqual([
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resource: { 'Fn::GetAtt': [log, 'Arn'] } },
      ...(allowed[route] ?? []),
    ])
  },
)

test('no other policy gives a function anything', () => {
  template.resourceCountIs('AWS::IAM::Policy', 0)
  template.resourceCountIs('AWS::IAM::ManagedPolicy', 0)
  template.resourceCountIs('AWS::IAM::Role', Object.keys(allowed).length)
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

function toStatement({ Effect, Action, Resource, Condition }: RawStatement): Statement {
  expect(Effect).toBe('Allow')
  return {
    actions: [Action].flat().sort(),
    resource: Resource,
    ...(Condition !== undefined && { condition: Condition }),
  }
}

function functionOf(route: string): { role: Role; log: string } {
  const [found] = Object.values(template.findResources('AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.Description === `Partway: ${route}`,
  )
  const roleId = found?.Properties.Role['Fn::GetAtt'][0]
  return {
    role: template.findResources('AWS::IAM::Role')[roleId]?.Properties,
    log: found?.Properties.LoggingConfig.LogGroup.Ref,
  }
}

function bucketId(): string {
  return Object.keys(template.findResources('AWS::S3::Bucket'))[0] ?? ''
}
