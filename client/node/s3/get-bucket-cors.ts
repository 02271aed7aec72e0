import { StoreError } from '../../errors.ts'
import type { S3Call } from './call.ts'
import { childrenOf, parseXml } from './xml.ts'

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html
 * @returns the origins whose pages may PUT, as the rules write them
 */
export async function putOrigins(call: S3Call, signal: AbortSignal): Promise<string[]> {
  const answer = await call(
    { method: 'GET', query: [['cors', '']], to: 'tell its CORS rules' },
    signal,
  ).catch((error: unknown) => {
    if (error instanceof StoreError && error.code === 'NoSuchCORSConfiguration') return undefined
    throw error
  })
  if (!answer) return []
  const rules = childrenOf(parseXml(answer.body), 'CORSRule').filter((rule) =>
    childrenOf(rule, 'AllowedMethod').some(({ text }) => text === 'PUT'),
  )
  return [...new Set(rules.flatMap((rule) => childrenOf(rule, 'AllowedOrigin').map(({ text }) => text)))]
}
