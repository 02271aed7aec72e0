import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { PartwayUploads } from './partway-uploads.ts'
import type { PartwayUploadsProps } from './partway-uploads-props.ts'
import { UploadAuth } from './upload-auth.ts'
import type { SiteOptions } from './upload-site.ts'

/** The construct's props, with names where those have constructs. */
export interface UploadStackProps
  extends StackProps,
    Omit<PartwayUploadsProps, 'bucket' | 'encryptionKey' | 'domainName' | 'site'> {
  /**
   * A bucket that exists already.
   * @default one that is made here
   */
  readonly bucketName?: string
  /**
   * The KMS key that the bucket encrypts with.
   * @default S3's own keys (SSE-S3)
   */
  readonly encryptionKeyArn?: string
  /**
   * A domain of yours for the API.
   * @default the API's own
   */
  readonly domain?: CertifiedDomain
  /**
   * Whether a page to upload from is deployed, and signs people in.
   * @default false
   */
  readonly site?: boolean
  /**
   * A domain of yours for the page, whose certificate is in us-east-1.
   * @default CloudFront's own
   */
  readonly siteDomain?: CertifiedDomain
}

export interface CertifiedDomain {
  /** Such as `uploads.example.com`. */
  readonly name: string
  /** Of a certificate for it, in the stack's region where nothing else is said. */
  readonly certificateArn: string
}

/** The app's stack: one {@link PartwayUploads}, and outputs that say what a person needs next. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, props: UploadStackProps = {}) {
    super(scope, id, { description: 'Partway: uploads of any size, straight to S3', ...props })
    const { auth = UploadAuth.iam(), bucketName, encryptionKeyArn, domain, site, siteDomain } = props
    const domainName = domain && this.createDomainName(domain)
    const uploads = new PartwayUploads(this, 'Uploads', {
      ...props,
      auth,
      ...(bucketName && { bucket: Bucket.fromBucketName(this, 'Bucket', bucketName) }),
      ...(encryptionKeyArn && { encryptionKey: Key.fromKeyArn(this, 'Key', encryptionKeyArn) }),
      ...(domainName && { domainName }),
      ...(site && { site: siteDomain ? this.siteWith(siteDomain) : true }),
    })

    this.output('ApiUrl', uploads.url, 'What clients are given: partway … --api URL')
    this.output('BucketName', uploads.bucket.bucketName, 'Where the objects are')
    this.output('Auth', auth.name, 'Who may call the API')
    this.output('Region', this.region, 'Where it runs')
    if (uploads.userPool) this.output('UserPoolId', uploads.userPool.userPoolId, 'Where the users are made')
    if (uploads.site) this.output('SiteUrl', uploads.site.origin, 'The page: open it')
    if (uploads.site && siteDomain) {
      const { distributionDomainName } = uploads.site.distribution
      this.output('SiteDomainTarget', distributionDomainName, 'Point the DNS of the page at it (CNAME)')
    }
    if (domainName) this.output('DomainTarget', domainName.regionalDomainName, 'Point your DNS at it (CNAME)')
  }

  private siteWith({ name, certificateArn }: CertifiedDomain): SiteOptions {
    const certificate = Certificate.fromCertificateArn(this, 'SiteCertificate', certificateArn)
    return { domain: { name, certificate } }
  }

  private createDomainName({ name, certificateArn }: CertifiedDomain): DomainName {
    return new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
    })
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description })
  }
}
