import { encodeKey } from './sigv4.ts'

/** Where a bucket's objects are reached. */
export interface S3Address {
  /** The Host header: with a port where it is not the scheme's own. */
  host: string
  /** An object's path, percent-encoded. */
  pathOf(key: string): string
  /** The path's URL, without a query. */
  urlOf(path: string): string
}

export interface S3AddressOptions {
  region: string
  bucket: string
  /**
   * The origin of an S3-compatible store, whose buckets are then path segments.
   * @default AWS: `https://{bucket}.s3.{region}.amazonaws.com`, and a path segment where the name is no DNS label
   */
  endpoint?: string | undefined
  /**
   * Through S3 Transfer Acceleration: `https://{bucket}.s3-accelerate.amazonaws.com`, for a bucket of AWS that has it.
   * @default false
   */
  accelerate?: boolean
  /** Whether the bucket is a path segment, rather than part of the host's name. @default as described at `endpoint` */
  pathStyle?: boolean | undefined
}

export function s3Address({
  region,
  bucket,
  endpoint,
  accelerate,
  pathStyle = endpoint !== undefined || !DNS_LABEL.test(bucket),
}: S3AddressOptions): S3Address {
  const virtualHosted = !pathStyle
  const service = accelerate ? 's3-accelerate' : `s3.${region}`
  const origin = new URL(endpoint ?? `https://${service}.${dnsSuffix(region)}`)
  if (virtualHosted) origin.hostname = `${bucket}.${origin.hostname}`
  const base = virtualHosted ? '/' : `/${bucket}/`
  return {
    host: origin.host,
    pathOf: (key) => base + encodeKey(key),
    urlOf: (path) => origin.origin + path,
  }
}

/** A name with dots would not match the certificate of `*.s3.{region}.amazonaws.com`. */
const DNS_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/

/** By partition: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
function dnsSuffix(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn'
  if (region.startsWith('eusc-')) return 'amazonaws.eu'
  return 'amazonaws.com'
}
