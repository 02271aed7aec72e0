import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  Distribution,
  HttpVersion,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { Policy } from 'aws-cdk-lib/aws-iam'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment'
import { Construct } from 'constructs'
import { pagePolicy } from '../protocol/page-policy.ts'
import { acceptPolicy } from './accept-wildcards.ts'
import { siteAssets, siteIndex } from './site-files.ts'
import { assetHeaders, pageHeaders } from './site-headers.ts'
import type { AuthName, BoundAuth } from './upload-auth.ts'

export interface SiteOptions {
  /**
   * A domain of yours for the page. DNS is yours to point at the distribution.
   * @default CloudFront's own, `https://{id}.cloudfront.net`
   */
  readonly domain?: SiteDomain
  /**
   * Origins that the page asks for tokens, beyond the issuer's own and the domain of a Cognito pool that is made here: the
   * domain of a pool of yours, such as `https://films.auth.eu-west-1.amazoncognito.com`.
   * @default none
   */
  readonly signInOrigins?: readonly string[]
}

export interface SiteDomain {
  /** Such as `upload.example.com`. */
  readonly name: string
  /** For that name, in us-east-1, where CloudFront takes them from. */
  readonly certificate: ICertificate
}

export interface SiteTargets {
  readonly apiUrl: string
  readonly auth: AuthName
  readonly oidc: BoundAuth['oidc']
  /** Sources of a content security policy, such as `https://films.s3.eu-west-1.amazonaws.com`, beside the API. */
  readonly connectTo: readonly string[]
}

const CHUNKS = 'assets/chunks/*'

/**
 * The page: a private bucket behind CloudFront. It is made in two steps, for the API and the bucket of the uploads know its
 * origin, and its files know theirs: the distribution depends on nothing, the files on everything.
 */
export class UploadSite extends Construct {
  /** As browsers send it: without a slash at the end. */
  readonly origin: string
  readonly distribution: Distribution
  readonly #bucket: IBucket
  readonly #signInOrigins: readonly string[]

  constructor(scope: Construct, id: string, { domain, signInOrigins = [] }: SiteOptions = {}) {
    super(scope, id)
    this.#signInOrigins = signInOrigins
    this.#bucket = this.#createBucket()
    this.distribution = this.#createDistribution(domain)
    this.origin = `https://${domain?.name ?? this.distribution.distributionDomainName}`
  }

  /** Puts the page's files into the bucket, among them `config.json`: where the API is, and who signs people in. */
  deploy({ apiUrl, auth, oidc, connectTo }: SiteTargets): void {
    const policy = pagePolicy([apiUrl, ...connectTo, ...this.#signInOrigins])
    const chunks = new BucketDeployment(this, 'Chunks', {
      destinationBucket: this.#bucket,
      sources: [siteAssets()],
      exclude: ['*'],
      include: [CHUNKS],
      // Their names are hashes of what is in them.
      cacheControl: [CacheControl.fromString('public, max-age=31536000, immutable')],
      // A page that is open may still load what an earlier version needs.
      prune: false,
    })
    const files = new BucketDeployment(this, 'Files', {
      destinationBucket: this.#bucket,
      distribution: this.distribution,
      sources: [
        siteAssets(),
        siteIndex(policy),
        Source.jsonData('config.json', { api: apiUrl, auth, ...oidc }),
      ],
      exclude: [CHUNKS],
      // Names stay the same, so browsers ask each time; what has not changed is not sent.
      cacheControl: [CacheControl.noCache()],
      prune: false,
    })
    // No script may name a chunk that is not there yet.
    files.node.addDependency(chunks)
    acceptFindings(files)
  }

  #createBucket(): IBucket {
    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // What is in it can be deployed again.
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Holds a public page, which only the distribution reads.',
    })
    // Under `exactOptionalPropertyTypes` it is none by itself.
    return bucket as IBucket
  }

  #createDistribution(domain: SiteDomain | undefined): Distribution {
    const served = {
      origin: S3BucketOrigin.withOriginAccessControl(this.#bucket),
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    }
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'Partway: the page',
      defaultRootObject: 'index.html',
      defaultBehavior: { ...served, responseHeadersPolicy: pageHeaders(this) },
      additionalBehaviors: {
        'assets/*': { ...served, responseHeadersPolicy: assetHeaders(this) },
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(domain && {
        domainNames: [domain.name],
        certificate: domain.certificate,
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
    })
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'The page is for whoever may sign in, wherever they are.' },
      {
        id: 'AwsSolutions-CFR2',
        reason: 'Serves the same few static files to everyone; what costs is the API, which throttles.',
      },
      {
        id: 'AwsSolutions-CFR3',
        reason: 'Who fetched the page says little: who uploads is in the access log of the API.',
      },
    )
    if (!domain) {
      Validations.of(distribution).acknowledge({
        id: 'AwsSolutions-CFR4',
        reason:
          'The certificate of *.cloudfront.net leaves no choice of protocols; with a domain, TLS 1.2 is the least.',
      })
    }
    return distribution
  }
}

/** The function that copies the files, at deployment only, is the CDK's own, and one for all deployments of a stack. */
function acceptFindings({ handlerRole }: BucketDeployment): void {
  const policy = handlerRole.node.tryFindChild('DefaultPolicy')
  if (policy instanceof Policy) {
    acceptPolicy(
      policy,
      'As the CDK grants it: reads the assets, writes the bucket of the page, clears the cache.',
    )
  }
  Validations.of(handlerRole).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    reason: 'As the CDK makes it: the function writes its log.',
  })
  const handler = handlerRole.node.scope
  if (handler) {
    Validations.of(handler).acknowledge({ id: 'AwsSolutions-L1', reason: 'The CDK chooses its runtime.' })
  }
}
