import { S3Error } from './errors.ts'
import { elements, renderXml, text, texts, type XmlNode } from './xml.ts'

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']
const MAX_RULES = 100

/** One rule of a bucket's CORS configuration. */
export interface CorsRule {
  id: string | undefined
  allowedOrigins: string[]
  allowedMethods: string[]
  allowedHeaders: string[]
  exposeHeaders: string[]
  maxAgeSeconds: number | undefined
}

/**
 * @param node The element `CORSConfiguration`.
 * @throws S3Error `MalformedXML`, `InvalidRequest` as S3 refuses a configuration.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
 */
export function parseCors(node: XmlNode): CorsRule[] {
  const rules = elements(node, 'CORSRule').map(parseRule)
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error('MalformedXML')
  return rules
}

export function renderCors(rules: readonly CorsRule[]): string {
  return renderXml('CORSConfiguration', {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedOrigin: rule.allowedOrigins,
      AllowedMethod: rule.allowedMethods,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  })
}

function parseRule(node: XmlNode): CorsRule {
  const rule = {
    id: text(node, 'ID'),
    allowedOrigins: texts(node, 'AllowedOrigin'),
    allowedMethods: texts(node, 'AllowedMethod'),
    allowedHeaders: texts(node, 'AllowedHeader'),
    exposeHeaders: texts(node, 'ExposeHeader'),
    maxAgeSeconds: parseMaxAge(text(node, 'MaxAgeSeconds')),
  }
  if (rule.allowedOrigins.length === 0 || rule.allowedMethods.length === 0) throw new S3Error('MalformedXML')
  const foreign = rule.allowedMethods.find((method) => !METHODS.includes(method))
  if (foreign !== undefined) {
    throw new S3Error(
      'InvalidRequest',
      `Found unsupported HTTP method in CORS config. Unsupported method is ${foreign}`,
    )
  }
  assertOneWildcard('AllowedOrigin', rule.allowedOrigins)
  assertOneWildcard('AllowedHeader', rule.allowedHeaders)
  if (rule.exposeHeaders.some((header) => header.includes('*'))) {
    throw new S3Error(
      'InvalidRequest',
      'ExposeHeader "*" contains wildcard. We currently do not support wildcard for ExposeHeader.',
    )
  }
  return rule
}

function parseMaxAge(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new S3Error('MalformedXML')
  return Number(value)
}

function assertOneWildcard(element: string, values: string[]): void {
  const offender = values.find((value) => value.split('*').length > 2)
  if (offender === undefined) return
  throw new S3Error('InvalidRequest', `${element} "${offender}" can not have more than one wildcard.`)
}
