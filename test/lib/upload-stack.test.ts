import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { UploadAuth } from '../../lib/upload-auth.ts'
import { routes } from '../../protocol/routes.ts'
import { synthesise } from './synth.ts'

const template = synthesise({
  auth: UploadAuth.none(),
  allowedOrigins: ['https://www.example.com'],
})

describe('the bucket', () => {
  test('is private, encrypted, its owner’s alone, and stays when the stack goes', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      }),
    })
  })

  test('refuses what does not come over TLS', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      },
    })
  })

  test('lets the pages of its origins send parts and read what they need', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedOrigins: ['https://www.example.com'],
            AllowedMethods: ['GET', 'PUT', 'POST', 'HEAD'],
            AllowedHeaders: ['*'],
            ExposedHeaders: Match.arrayWith(['ETag', 'x-amz-checksum-crc64nvme', 'x-amz-id-2']),
            MaxAge: 3600,
          },
        ],
      },
    })
  })

  test('aborts unfinished uploads, by a rule with a prefix and nothing else', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'AbortIncompleteMultipartUploads uploads/',
            Status: 'Enabled',
            Prefix: 'uploads/',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          },
        ],
      },
    })
  })
})

describe('the API', () => {
  test('has each route of the protocol, with the authorization asked for', () => {
    expect(routesOf(template)).toEqual(
      Object.values(routes)
        .map(({ method, path }) => `${method} ${path} NONE`)
        .sort(),
    )
  })

  test('asks for IAM by default, on every route but GET /', () => {
    expect(routesOf(synthesise())).toEqual(
      Object.values(routes)
        .map(({ name, method, path }) => `${method} ${path} ${name === 'describe' ? 'NONE' : 'AWS_IAM'}`)
        .sort(),
    )
  })

  test('answers the preflights of its origins, and lists authorization', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://www.example.com'],
        AllowMethods: ['GET', 'POST', 'DELETE'],
        AllowHeaders: Match.arrayWith(['authorization', 'content-type']),
      },
    })
  })

  test('without origins has no CORS, and nor has the bucket', () => {
    const closed = synthesise()
    closed.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() })
    closed.hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: Match.absent() })
  })

  test('throttles, and logs every request without path, query or header', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    })
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'))
    const { Format } = stage?.Properties.AccessLogSettings ?? {}
    expect(JSON.parse(Format)).toMatchObject({ requestId: '$context.requestId', route: '$context.routeKey' })
    expect(Format).not.toMatch(/\$context\.(path|authorizer|http)|header|query/i)
    // Free text goes in as it is, quotes and all.
    expect(Format).not.toMatch(/message|\.error"|claims/i)
  })
})

describe('each function', () => {
  test('runs on Node 24 and arm64, and knows bucket, prefix, auth and limits', () => {
    template.resourceCountIs('AWS::Lambda::Function', Object.keys(routes).length)
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Environment: {
        Variables: {
          BUCKET: { Ref: Match.stringLikeRegexp('^UploadsBucket') },
          KEY_PREFIX: 'uploads',
          AUTH: 'none',
          MAX_OBJECT_SIZE: '53687091200000',
          URL_LIFETIME: '3600',
          METRICS_STACK: 'Partway',
        },
      },
    })
  })

  test('ends before the gateway does, but for complete, which may outlast it', () => {
    const timeouts = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => [Properties.Description, Properties.Timeout] as const,
    )
    for (const [description, timeout] of timeouts) {
      expect(timeout).toBe(description === 'Partway: complete' ? 900 : 29)
    }
  })

  test('keeps its log for a month', () => {
    template.resourceCountIs('AWS::Logs::LogGroup', Object.keys(routes).length + 1)
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
  })
})

test('with a page, the outputs say where it is and what its DNS points at', () => {
  const siteDomain = {
    name: 'upload.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0',
  }
  const withPage = synthesise({ auth: UploadAuth.cognito(), site: true, siteDomain })
  withPage.hasOutput('SiteUrl', { Value: 'https://upload.example.com' })
  withPage.hasOutput('SiteDomainTarget', { Value: { 'Fn::GetAtt': [Match.anyValue(), 'DomainName'] } })
})

test('the outputs are what a person needs next', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual(['ApiUrl', 'Auth', 'BucketName', 'Region'])
})

function routesOf(synthesised: typeof template): string[] {
  return Object.values(synthesised.findResources('AWS::ApiGatewayV2::Route'))
    .map(({ Properties }) => `${Properties.RouteKey} ${Properties.AuthorizationType}`)
    .sort()
}
