import { Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { UploadAuth } from '../../lib/index.ts'
import type { UploadStackProps } from '../../lib/upload-stack.ts'
import { synthesise } from './synth.ts'

const allowedOrigins = ['https://www.example.com']
const cognito = { auth: UploadAuth.cognito(), allowedOrigins }

/** What holds data, and what people were given the address of: replaced, it is lost. */
const LASTING = [
  'AWS::S3::Bucket',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::ApiGatewayV2::Api',
]

test('the stack is this, and the ids of what lasts never change', () => {
  expect(summaryOf(synthesise(cognito))).toMatchInlineSnapshot(`
    [
      "AWS::ApiGatewayV2::Api 1 UploadsApiHttpApiB822E89D",
      "AWS::ApiGatewayV2::Authorizer 1",
      "AWS::ApiGatewayV2::Integration 9",
      "AWS::ApiGatewayV2::Route 9",
      "AWS::ApiGatewayV2::Stage 1",
      "AWS::CloudWatch::Alarm 21",
      "AWS::CloudWatch::Dashboard 1",
      "AWS::Cognito::UserPool 1 UploadsUserPoolDD46AEA3",
      "AWS::Cognito::UserPoolClient 1 UploadsUserPoolClient918762B8",
      "AWS::Cognito::UserPoolDomain 1 UploadsUserPoolDomain89890024",
      "AWS::IAM::Role 9",
      "AWS::Lambda::Function 9",
      "AWS::Lambda::Permission 9",
      "AWS::Logs::LogGroup 10",
      "AWS::S3::Bucket 1 UploadsBucketC4B27CC7",
      "AWS::S3::BucketPolicy 1",
    ]
  `)
})

test.each<[string, UploadStackProps]>([
  ['iam', {}],
  ['none', { auth: UploadAuth.none(), allowedOrigins }],
  ['jwt', { auth: UploadAuth.jwt({ issuer: 'https://login.example.com', audience: 'partway' }) }],
  ['cognito', cognito],
])(
  'with %s, no resource needs itself, which CloudFormation refuses and synthesis does not see',
  (_, props) => {
    expect(() => synthesise(props)).not.toThrow()
  },
)

test('a resource that needs itself is found', () => {
  const Resources = {
    Page: { Type: 'A::B::C', Properties: { Policy: { 'Fn::Join': [' ', ['connect-src', { Ref: 'Api' }]] } } },
    Api: { Type: 'A::B::C', Properties: { Origin: { 'Fn::GetAtt': ['Page', 'DomainName'] } } },
  }
  expect(() => Template.fromJSON({ Resources })).toThrow(/dependency cycle/)
})

/** How many there are of each type; of what lasts, the ids. */
function summaryOf(template: Template): string[] {
  const resources: Record<string, { Type: string }> = template.toJSON().Resources
  const types = Map.groupBy(Object.entries(resources), ([, { Type }]) => Type)
  return [...types].sort().map(([type, members]) => {
    const ids = LASTING.includes(type) ? members.map(([id]) => id) : []
    return [type, members.length, ...ids].join(' ')
  })
}
