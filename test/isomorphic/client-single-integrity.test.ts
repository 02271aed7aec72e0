import { expect, test } from 'vitest'
import { isPut, once, setting } from '../client/upload-setting.ts'

const small = { size: 8, singleUpTo: 8 }

test('a small file whose ETag is not its MD5 is sent again under another key, once', async () => {
  const { store, source, begin } = setting({ ...small, keeps: 'md5s', fault: once('corrupt', isPut) })
  const run = begin()
  const errors: string[] = []
  run.on('retry', ({ error }) => errors.push(error.name))
  const { key, verified, bytesTransferred } = await run.result
  expect(verified).toBe('etag')
  expect(store.objects.get(key)).toEqual(source.bytes)
  expect(store.count('put')).toBe(2)
  expect(errors).toEqual(['IntegrityError'])
  expect(bytesTransferred).toBe(16)
})

test('where ETags are no MD5s, the second try says so, and the size is what was verified', async () => {
  const { store, begin } = setting({ ...small, keeps: 'nothing' })
  expect(await begin().result).toMatchObject({ verified: 'size' })
  expect(store.count('put')).toBe(2)
})
