import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PartwayUploads, UploadAuth } from '../../lib/index.ts'
import { UploadSite } from '../../lib/upload-site.ts'
import { stagedWith } from './staged.ts'
import { createStack, synthesiseUploads } from './synth.ts'

const ISSUER = 'https://login.example.com'
const jwt = UploadAuth.jwt({ issuer: `${ISSUER}/realms/films`, audience: 'partway' })
const template = synthesiseUploads({ auth: jwt, site: true })
const [distribution = ''] = Object.keys(template.findResources('AWS::CloudFront::Distribution'))
const siteOrigin = {
  'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [distribution, 'DomainName'] }]],
}

describe('the distribution', () => {
  test('has the id that its address hangs on', () => {
    expect(distribution).toBe('UploadsSiteDistributionF5F4CB2C')
  })

  test('serves a private bucket over TLS, by its own signature', () => {
    template.resourceCountIs('AWS::CloudFront::OriginAccessControl', 1)
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({
        DefaultRootObject: 'index.html',
        DefaultCacheBehavior: Match.objectLike({
          ViewerProtocolPolicy: 'redirect-to-https',
          ResponseHeadersPolicyId: Match.anyValue(),
        }),
        Origins: [Match.objectLike({ OriginAccessControlId: Match.anyValue() })],
      }),
    })
    const buckets = Object.entries(template.findResources('AWS::S3::Bucket'))
    const [, site] = buckets.find(([id]) => id.startsWith('UploadsSite')) ?? []
    expect(site?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    })
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 's3:GetObject',
            Principal: { Service: 'cloudfront.amazonaws.com' },
            Condition: { StringEquals: { 'AWS:SourceArn': Match.anyValue() } },
          }),
        ]),
      }),
    })
  })

  test('answers with security headers that name no other resource', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: Match.objectLike({
        SecurityHeadersConfig: {
          StrictTransportSecurity: {
            AccessControlMaxAgeSec: 63_072_000,
            IncludeSubdomains: true,
            Override: true,
          },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: 'DENY', Override: true },
          ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
          ContentSecurityPolicy: { ContentSecurityPolicy: "frame-ancestors 'none'", Override: true },
        },
      }),
    })
  })

  test('lets pages of any origin load its scripts', () => {
    const policies = Object.entries(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'))
    const [id] =
      policies.find(([, { Properties }]) => Properties.ResponseHeadersPolicyConfig.CorsConfig) ?? []
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: Match.objectLike({
        CorsConfig: Match.objectLike({
          AccessControlAllowOrigins: { Items: ['*'] },
          AccessControlAllowCredentials: false,
        }),
        SecurityHeadersConfig: Match.objectLike({ ContentTypeOptions: { Override: true } }),
      }),
    })
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({
        CacheBehaviors: [
          Match.objectLike({
            PathPattern: 'assets/*',
            ViewerProtocolPolicy: 'redirect-to-https',
            ResponseHeadersPolicyId: { Ref: id },
          }),
        ],
      }),
    })
  })

  test('takes a domain with its certificate, and then TLS 1.2 at least', () => {
    const stack = createStack()
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0'
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    const site = { domain: { name: 'upload.example.com', certificate } }
    const uploads = new PartwayUploads(stack, 'Uploads', { auth: jwt, site })
    expect(uploads.site?.origin).toBe('https://upload.example.com')
    Template.fromStack(stack).hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({
        Aliases: ['upload.example.com'],
        ViewerCertificate: Match.objectLike({
          AcmCertificateArn: certificateArn,
          MinimumProtocolVersion: 'TLSv1.2_2021',
        }),
      }),
    })
  })
})

test('the bucket and the API let the page in, beside the origins that were given', () => {
  const both = synthesiseUploads({ auth: jwt, site: true, allowedOrigins: ['https://www.example.com'] })
  const origins = ['https://www.example.com', siteOrigin]
  both.hasResourceProperties('AWS::S3::Bucket', {
    CorsConfiguration: { CorsRules: [Match.objectLike({ AllowedOrigins: origins })] },
  })
  both.hasResourceProperties('AWS::ApiGatewayV2::Api', {
    CorsConfiguration: Match.objectLike({ AllowOrigins: origins }),
  })
})

test('people who signed in with Cognito come back to the page', () => {
  const cognito = synthesiseUploads({ auth: UploadAuth.cognito(), site: true })
  const back = [{ 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [distribution, 'DomainName'] }, '/']] }]
  cognito.hasResourceProperties('AWS::Cognito::UserPoolClient', { CallbackURLs: back, LogoutURLs: back })
})

test('the owner of an imported bucket is told of the page, which has no name yet', () => {
  const stack = createStack()
  const bucket = Bucket.fromBucketName(stack, 'Films', 'films')
  new PartwayUploads(stack, 'Uploads', { auth: jwt, site: true, bucket })
  Annotations.fromStack(stack).hasWarning(
    '*',
    Match.stringLikeRegexp('a CORS rule for the page \\(output SiteUrl\\)'),
  )
})

test('a page cannot sign in with AWS credentials, so iam beside a site is refused with what to write', () => {
  expect(() => synthesiseUploads({ site: true })).toThrow(/site.*UploadAuth\.iam.*UploadAuth\.cognito\(\)/)
})

test('a site alone is pages enough for none', () => {
  expect(() => synthesiseUploads({ auth: UploadAuth.none(), site: true })).not.toThrow()
})

describe('what is deployed', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'partway-site-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is the bundled code and style, with signing in apart', () => {
    const stack = new Stack(new App({ outdir: join(folder, 'bundled') }), 'Films')
    new UploadSite(stack, 'Site').deploy({
      apiUrl: 'https://api.example.com/',
      auth: 'none',
      oidc: undefined,
      connectTo: [],
    })
    const assets = join(stagedWith(stack, 'assets', 'main.js'), 'assets')
    expect(readdirSync(assets)).toContain('style.css')
    expect(readdirSync(join(assets, 'chunks')).some((name) => /^sign-in-\w+\.js$/.test(name))).toBe(true)
  })

  test('is chunks with a hash in their names, which browsers keep, and then what names them, which they ask for each time', () => {
    const deployments = Object.entries(template.findResources('Custom::CDKBucketDeployment'))
    const cached = (how: RegExp) =>
      deployments.find(([, { Properties }]) => how.test(Properties.SystemMetadata['cache-control']))
    const [chunksId, chunks] = cached(/max-age=31536000, immutable/) ?? []
    expect(chunks?.Properties).toMatchObject({ Exclude: ['*'], Include: ['assets/chunks/*'], Prune: false })
    const [, named] = cached(/^no-cache$/) ?? []
    expect(named?.Properties).toMatchObject({ Exclude: ['assets/chunks/*'], Prune: false })
    expect(named?.DependsOn).toContain(chunksId)
  })

  describe('at deployment', () => {
    const stack = createStack()
    new PartwayUploads(stack, 'Uploads', {
      auth: jwt,
      site: { signInOrigins: ['https://tokens.example.com'] },
    })

    test('is a page whose policy names the API, the bucket and the issuer, before anything is loaded', () => {
      const html = readFileSync(join(stagedWith(stack, 'index.html'), 'index.html'), 'utf8')
      const meta = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html)
      expect(meta?.index).toBeLessThan(html.search(/<link|<script/))
      const directives = meta?.[1]?.split('; ').map((directive) => directive.split(' '))
      expect(directives).toContainEqual(['script-src', "'self'", "'wasm-unsafe-eval'"])
      expect(directives).toContainEqual([
        'connect-src',
        "'self'",
        expect.stringMatching(/^https:\/\/<<marker:\w+:\d+>>\.execute-api\..+\/$/),
        expect.stringMatching(/^https:\/\/<<marker:\w+:\d+>>\.s3\.eu-west-1\./),
        ISSUER,
        'https://tokens.example.com',
      ])
    })

    test('is a configuration that says where the API is, and who signs people in', () => {
      const path = join(stagedWith(stack, 'config.json'), 'config.json')
      expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
        api: expect.stringContaining('.execute-api.'),
        auth: 'jwt',
        issuer: `${ISSUER}/realms/films`,
        clientId: 'partway',
      })
    })
  })
})
