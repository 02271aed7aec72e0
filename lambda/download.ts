import { ProblemError } from '../protocol/problems.ts'
import { routes } from '../protocol/routes.ts'
import { decodeUserMetadata } from '../protocol/user-metadata.ts'
import { ownKey } from './caller.ts'
import { readChecksum } from './checksum.ts'
import { config } from './config.ts'
import { endpoint } from './endpoint.ts'
import { presigner } from './presigner.ts'
import { headObject } from './s3.ts'

/** A GET of one object, signed, that saves under the file's original name; ranges and If-Match may travel unsigned with it. */
export const handler = endpoint(routes.download, async ({ key }, caller) => {
  const { plan, fileName: safeName } = ownKey(key, caller)
  const head = await headObject(key)
  if (!head?.ETag) {
    throw new ProblemError(
      'object-unknown',
      'Expected a key of a finished upload; there is no object. Complete it first.',
    )
  }
  const fileName = decodeUserMetadata(head.Metadata ?? {}).fileName ?? safeName
  const expiresIn = config.urlLifetime
  const { url, expiresAt } = presigner.presign({
    method: 'GET',
    key,
    query: [
      ['response-content-disposition', attachment(fileName, safeName)],
      ['x-id', 'GetObject'],
    ],
    expiresIn,
  })
  const checksum = readChecksum(head)
  const partCount = /-(\d+)"?$/.exec(head.ETag)?.[1]
  return {
    key,
    url,
    fileName,
    size: head.ContentLength ?? 0,
    etag: head.ETag.replaceAll('"', ''),
    ...(checksum && { checksum }),
    contentType: head.ContentType ?? 'application/octet-stream',
    ...(partCount && { partCount: Number(partCount), partSize: plan.partSize }),
    expiresAt: expiresAt.toISOString(),
    expiresIn,
  }
})

/** RFC 6266: a name for every browser in ASCII, and the original one, any path in it made harmless. */
function attachment(fileName: string, safeName: string): string {
  const ascii = safeName.replace(/[^\x20-\x7e]/g, '_')
  const utf8 = encodeURIComponent(fileName.replace(/[/\\\p{Cc}]/gu, '_')).replace(/['()*]/g, percent)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${utf8}`
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
