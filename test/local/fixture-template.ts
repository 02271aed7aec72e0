import type { Template } from '../../local/intrinsics.ts'

export const FIXTURE_ASSET = 'c0ffee.zip'

/** A stack in small, as the CDK writes one: a bucket, a function with a role, an API with two routes. */
export function fixtureTemplate(): Template {
  return {
    Resources: {
      Films: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          CorsConfiguration: {
            CorsRules: [{ AllowedMethods: ['PUT'], AllowedOrigins: ['http://localhost:8080'], MaxAge: 60 }],
          },
          LifecycleConfiguration: {
            Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
          },
          PublicAccessBlockConfiguration: { BlockPublicAcls: true },
        },
      },
      FilmsPolicy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Films' } } },
      CompleteRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {},
          ManagedPolicyArns: [
            {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
                ],
              ],
            },
          ],
        },
      },
      CompletePolicy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'CompletePolicy',
          Roles: [{ Ref: 'CompleteRole' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: 's3:PutObject',
                Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Films', 'Arn'] }, '/uploads/*']] },
              },
            ],
          },
        },
      },
      Complete: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Code: {
            S3Bucket: { 'Fn::Sub': `cdk-assets-\${AWS::AccountId}-\${AWS::Region}` },
            S3Key: FIXTURE_ASSET,
          },
          Handler: 'index.handler',
          Role: { 'Fn::GetAtt': ['CompleteRole', 'Arn'] },
          Runtime: 'nodejs24.x',
          Environment: { Variables: { BUCKET: { Ref: 'Films' } } },
          MemorySize: 256,
          Timeout: 900,
        },
      },
      Api: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: {
          Name: 'api',
          ProtocolType: 'HTTP',
          CorsConfiguration: { AllowOrigins: ['http://localhost:8080'], AllowMethods: ['GET', 'POST'] },
        },
      },
      Stage: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: {
          ApiId: { Ref: 'Api' },
          StageName: '$default',
          AutoDeploy: true,
          DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
        },
      },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: { 'Fn::GetAtt': ['Complete', 'Arn'] },
          PayloadFormatVersion: '2.0',
        },
      },
      Describe: route('GET /'),
      CompleteRoute: route('POST /uploads/{uploadId}/complete'),
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7 } },
    },
  }
}

function route(RouteKey: string) {
  return {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey,
      AuthorizationType: 'NONE',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  }
}
