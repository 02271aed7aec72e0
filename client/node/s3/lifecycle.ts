import { StoreError } from '../../errors.ts'
import type { S3Call } from './call.ts'
import { child, childrenOf, parseXml, textOf, type XmlElement } from './xml.ts'

const DAY_MS = 24 * 60 * 60_000

/** A rule that ends unfinished uploads below a prefix. */
export interface AbortRule {
  readonly prefix: string
  /** After an upload was begun. */
  readonly days: number
}

/**
 * The rules of a bucket that abort unfinished uploads, those that are switched on.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
 */
export async function abortRules(call: S3Call, signal: AbortSignal): Promise<AbortRule[]> {
  const answer = await call(
    { method: 'GET', query: [['lifecycle', '']], to: 'tell its lifecycle rules' },
    signal,
  ).catch((error: unknown) => {
    if (error instanceof StoreError && error.code === 'NoSuchLifecycleConfiguration') return undefined
    throw error
  })
  if (!answer) return []
  return childrenOf(parseXml(answer.body), 'Rule').flatMap((rule) => {
    const aborting = child(rule, 'AbortIncompleteMultipartUpload')
    const days = Number(aborting && textOf(aborting, 'DaysAfterInitiation'))
    return textOf(rule, 'Status') === 'Enabled' && days > 0 ? [{ prefix: prefixOf(rule), days }] : []
  })
}

/** @returns time of day, the first of those that hold for the key: a lifecycle day ends at midnight UTC; `undefined` where none holds */
export function abortDate(rules: readonly AbortRule[], key: string, initiated: Date): Date | undefined {
  const days = rules.filter(({ prefix }) => key.startsWith(prefix)).map(({ days }) => days)
  if (days.length === 0) return undefined
  return new Date(Math.ceil(initiated.getTime() / DAY_MS + Math.min(...days)) * DAY_MS)
}

/** In the rule itself, as it once was; or in its filter, which may be one of several conditions. */
function prefixOf(rule: XmlElement): string {
  const filter = child(rule, 'Filter')
  const and = filter && child(filter, 'And')
  return textOf(and ?? filter ?? rule, 'Prefix') ?? ''
}
