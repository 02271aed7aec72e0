import { randomUUID } from 'node:crypto'
import { notImplemented, S3Error } from './errors.ts'
import { childNames, elements, renderXml, text, type XmlNode } from './xml.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const MAX_RULES = 1000

/** One rule of a bucket's lifecycle configuration. Days are whole. */
export interface LifecycleRule {
  id: string
  enabled: boolean
  prefix: string
  abortDays: number | undefined
  expirationDays: number | undefined
}

/**
 * @param node The element `LifecycleConfiguration`.
 * @throws S3Error `MalformedXML`, `InvalidRequest` as S3 refuses a configuration, `NotImplemented` for actions
 * and filters that this endpoint does not carry out.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 */
export function parseLifecycle(node: XmlNode): LifecycleRule[] {
  const rules = elements(node, 'Rule').map(parseRule)
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error('MalformedXML')
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw new S3Error('InvalidArgument', 'Rule ID must be unique. Found same ID for more than one rule')
  }
  return rules
}

export function renderLifecycle(rules: readonly LifecycleRule[]): string {
  return renderXml('LifecycleConfiguration', {
    Rule: rules.map((rule) => ({
      ID: rule.id,
      Filter: { Prefix: rule.prefix },
      Status: rule.enabled ? 'Enabled' : 'Disabled',
      AbortIncompleteMultipartUpload: rule.abortDays && { DaysAfterInitiation: rule.abortDays },
      Expiration: rule.expirationDays && { Days: rule.expirationDays },
    })),
  })
}

/** When an upload will be aborted, and by which rule: the earliest counts. */
export function abortDate(
  rules: readonly LifecycleRule[],
  { key, initiated }: { key: string; initiated: number },
  dayMs: number,
): { date: Date; ruleId: string } | undefined {
  return rules
    .flatMap(({ id, enabled, prefix, abortDays }) =>
      enabled && abortDays !== undefined && key.startsWith(prefix)
        ? [{ date: due(initiated, abortDays, dayMs), ruleId: id }]
        : [],
    )
    .sort((a, b) => a.date.getTime() - b.date.getTime())[0]
}

/** Whether an object's time is up. */
export function isExpired(
  rules: readonly LifecycleRule[],
  { key, lastModified }: { key: string; lastModified: number },
  dayMs: number,
  now: Date,
): boolean {
  return rules.some(
    ({ enabled, prefix, expirationDays }) =>
      enabled &&
      expirationDays !== undefined &&
      key.startsWith(prefix) &&
      due(lastModified, expirationDays, dayMs) <= now,
  )
}

/** S3 rounds up to midnight UTC; shortened days of tests have no midnight. */
function due(since: number, days: number, dayMs: number): Date {
  const time = since + days * dayMs
  return new Date(dayMs === DAY_MS ? Math.ceil(time / DAY_MS) * DAY_MS : time)
}

function parseRule(node: XmlNode): LifecycleRule {
  const known = ['ID', 'Prefix', 'Filter', 'Status', 'AbortIncompleteMultipartUpload', 'Expiration']
  const unknown = childNames(node).find((name) => !known.includes(name))
  if (unknown !== undefined) throw notImplemented(unknown)
  const status = text(node, 'Status')
  if (status !== 'Enabled' && status !== 'Disabled') throw new S3Error('MalformedXML')
  const rule = {
    id: text(node, 'ID') || randomUUID(),
    enabled: status === 'Enabled',
    prefix: parsePrefix(node),
    abortDays: parseDays(node, 'AbortIncompleteMultipartUpload', 'DaysAfterInitiation'),
    expirationDays: parseDays(node, 'Expiration', 'Days'),
  }
  if (rule.abortDays === undefined && rule.expirationDays === undefined) {
    throw new S3Error('InvalidRequest', 'At least one action needs to be specified in a rule')
  }
  return rule
}

function parsePrefix(rule: XmlNode): string {
  const [filter] = elements(rule, 'Filter')
  if (filter === undefined) {
    const prefix = text(rule, 'Prefix')
    if (prefix === undefined) throw new S3Error('MalformedXML')
    return prefix
  }
  const conditions = [filter, ...elements(filter, 'And')]
  const beyond = conditions.flatMap(childNames).find((name) => name !== 'Prefix' && name !== 'And')
  if (beyond !== undefined) {
    if (elements(rule, 'AbortIncompleteMultipartUpload').length === 0) throw notImplemented(beyond)
    const what = beyond.startsWith('ObjectSize') ? beyond : 'Tags'
    throw new S3Error('InvalidRequest', `AbortIncompleteMultipartUpload cannot be specified with ${what}.`)
  }
  return conditions.map((each) => text(each, 'Prefix')).find((prefix) => prefix !== undefined) ?? ''
}

function parseDays(rule: XmlNode, action: string, unit: string): number | undefined {
  const [node] = elements(rule, action)
  if (node === undefined) return undefined
  const other = childNames(node).find((name) => name !== unit)
  if (other !== undefined) throw notImplemented(`${action}/${other}`)
  const days = text(node, unit) ?? ''
  if (!/^\d{1,9}$/.test(days)) throw new S3Error('MalformedXML')
  if (Number(days) > 0) return Number(days)
  throw new S3Error('InvalidArgument', `'${unit}' for ${action} action must be a positive integer`)
}
