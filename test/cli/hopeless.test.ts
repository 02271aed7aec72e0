import { expect, test } from 'vitest'
import { Hope } from '../../cli/hopeless.ts'
import {
  ApiError,
  CredentialsError,
  FileExistsError,
  NotPartwayError,
  SourceChangedError,
  StoreError,
} from '../../client/node/index.ts'

const refused = (status: number, code: string) => new StoreError('', { status, code })

test.each([
  ['a bucket that is not there', refused(404, 'NoSuchBucket')],
  [
    'a key that is unknown',
    Object.assign(new ApiError('', 403), { cause: refused(403, 'InvalidAccessKeyId') }),
  ],
  ['no credentials', new CredentialsError('none')],
  ['another server', new NotPartwayError('none')],
])('%s is the end of all files at once', (_, error) => {
  expect(new Hope().lose(error)).toBe(true)
})

test.each([
  ['may not be read', refused(403, 'AccessDenied')],
  ['is not for this caller', new ApiError('', 403)],
])('a file that %s is by itself, until 16 have been', (_, error) => {
  const hope = new Hope()
  const lost = Array.from({ length: 16 }, () => hope.lose(error))
  expect(lost.indexOf(true)).toBe(15)
})

test.each([
  ['has changed', new SourceChangedError('')],
  ['is there already', new FileExistsError('a')],
  ['the store is too busy for', refused(503, 'SlowDown')],
])('a file that %s says nothing of others', (_, error) => {
  const hope = new Hope()
  expect(Array.from({ length: 100 }, () => hope.lose(error))).not.toContain(true)
})
