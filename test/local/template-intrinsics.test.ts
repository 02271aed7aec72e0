import { describe, expect, test } from 'vitest'
import { resolve, type Scope } from '../../local/intrinsics.ts'

const scope: Scope = {
  template: {
    Parameters: { Stage: { Default: 'dev' }, Secret: {} },
    Resources: { Bucket: { Type: 'AWS::S3::Bucket' } },
  },
  attributesOf(logicalId) {
    if (logicalId !== 'Bucket') throw new Error(`there is no ${logicalId}`)
    return { ref: 'films', Arn: 'arn:aws:s3:::films' }
  },
}
const arn = { 'Fn::GetAtt': ['Bucket', 'Arn'] }

test.each<[string, unknown, unknown]>([
  ['plain values', { a: [1, 'b', null, true] }, { a: [1, 'b', null, true] }],
  ['Ref of a resource', { Ref: 'Bucket' }, 'films'],
  ['Ref of a parameter', { Ref: 'Stage' }, 'dev'],
  ['pseudo parameters', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }], ['us-east-1', '000000000000']],
  ['Fn::GetAtt', arn, 'arn:aws:s3:::films'],
  ['Fn::GetAtt with a dot', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::films'],
  ['Fn::Join', { 'Fn::Join': ['', [arn, '/', { Ref: 'Stage' }]] }, 'arn:aws:s3:::films/dev'],
  ['Fn::Join of a list that is a function', { 'Fn::Join': ['-', { 'Fn::Split': [':', 'a:b'] }] }, 'a-b'],
  ['Fn::Select', { 'Fn::Select': ['5', { 'Fn::Split': [':', arn] }] }, 'films'],
  [
    'Fn::Sub',
    { 'Fn::Sub': `cdk-\${Stage}-\${Bucket.Arn}-\${AWS::Partition}-\${!Literal}` },
    `cdk-dev-arn:aws:s3:::films-aws-\${Literal}`,
  ],
  ['Fn::Sub with variables', { 'Fn::Sub': [`\${Name}/\${Bucket}`, { Name: { Ref: 'Stage' } }] }, 'dev/films'],
  [
    'within structures',
    { Statement: [{ Resource: arn }] },
    { Statement: [{ Resource: 'arn:aws:s3:::films' }] },
  ],
])('%s', (_, value, resolved) => {
  expect(resolve(value, scope)).toEqual(resolved)
})

describe('what is not known is an error that names it', () => {
  test.each<[unknown, RegExp]>([
    [{ 'Fn::ImportValue': 'x' }, /expected one of Ref, .*, got Fn::ImportValue/],
    [{ 'Fn::GetAtt': ['Bucket', 'WebsiteURL'] }, /expected an attribute of Bucket \(Arn\), got WebsiteURL/],
    [{ Ref: 'Nothing' }, /there is no Nothing/],
    [{ Ref: 'Secret' }, /expected a default of the parameter Secret/],
    [{ 'Fn::Join': ['', [{ a: 1 }]] }, /expected a text/],
    [{ 'Fn::Select': [2, ['a', 'b']] }, /expected an index below 2 in Fn::Select, got 2/],
  ])('%j', (value, message) => {
    expect(() => resolve(value, scope)).toThrow(message)
  })
})
