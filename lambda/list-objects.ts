import { parseKey } from '../protocol/object-key.ts'
import { routes } from '../protocol/routes.ts'
import { callerPrefix } from './caller.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { endpoint } from './endpoint.ts'
import { listObjects } from './s3.ts'

/** The caller's finished files, in the order of their initiation. */
export const handler = endpoint(routes['list-objects'], async ({ limit, cursor }, caller) => {
  const [StartAfter] = decodeCursor(cursor, 1, callerPrefix(caller))
  const { Contents = [], IsTruncated } = await listObjects({
    Prefix: callerPrefix(caller),
    MaxKeys: limit,
    ...(StartAfter && { StartAfter }),
  })
  const last = Contents.at(-1)?.Key
  return {
    objects: Contents.flatMap(({ Key, Size = 0, LastModified = new Date(0) }) => {
      const parsed = Key && parseKey(Key)
      return parsed
        ? [{ key: Key, fileName: parsed.fileName, size: Size, modified: LastModified.toISOString() }]
        : []
    }),
    ...(IsTruncated && last && { next: encodeCursor([last]) }),
  }
})
