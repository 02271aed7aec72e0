import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { PartwayUploads } from './partway-uploads.ts'
import type { PartwayUploadsProps } from './partway-uploads-props.ts'
import { UploadAuth } from './upload-auth.ts'

/** The construct's props, with names where those have constructs. */
export interface UploadStackProps
  extends StackProps,
    Omit<PartwayUploadsProps, 'bucket' | 'encryptionKey' | 'domainName'> {
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
  readonly domain?: ApiDomain
}

export interface ApiDomain {
  /** Such as `uploads.example.com`. */
  readonly name: string
  /** Of a certificate for it, in the stack's region. */
  readonly certificateArn: string
}

/** The app's stack: one {@link PartwayUploads}, and outputs that say what a person needs next. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, props: UploadStackProps = {}) {
    super(scope, id, { description: 'Partway: uploads of any size, straight to S3', ...props })
    const { auth = UploadAuth.iam(), bucketName, encryptionKeyArn, domain } = props
    const domainName = domain && this.createDomainName(domain)
    const uploads = new PartwayUploads(this, 'Uploads', {
      ...props,
      auth,
      ...(bucketName && { bucket: Bucket.fromBucketName(this, 'Bucket', bucketName) }),
      ...(encryptionKeyArn && { encryptionKey: Key.fromKeyArn(this, 'Key', encryptionKeyArn) }),
      ...(domainName && { domainName }),
    })

    this.output('ApiUrl', uploads.url, 'What clients are given: partway … --api URL')
    this.output('BucketName', uploads.bucket.bucketName, 'Where the objects are')
    this.output('Auth', auth.name, 'Who may call the API')
    this.output('Region', this.region, 'Where it runs')
    if (uploads.userPool) this.output('UserPoolId', uploads.userPool.userPoolId, 'Where the users are made')
    if (uploads.site) this.output('SiteUrl', uploads.site.origin, 'The page: open it')
    if (domainName) this.output('DomainTarget', domainName.regionalDomainName, 'Point your DNS at it (CNAME)')
  }

  private createDomainName({ name, certificateArn }: ApiDomain): DomainName {
    return new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
    })
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description })
  }
}
