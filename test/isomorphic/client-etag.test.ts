import { expect, test } from 'vitest'
import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import { canBeMd5, etagOfParts } from '../../client/etag.ts'

const md5Of = (text: string) => toHex(createMd5().update(new TextEncoder().encode(text)).digest())

test('the ETag of an object in parts is the MD5 of their MD5s, and their number', async () => {
  // printf ab | md5sum, printf c | md5sum; then both, as bytes, through md5sum.
  expect([md5Of('ab'), md5Of('c')]).toEqual([
    '187ef4436122d1cc2f40dc2b92f0eba0',
    '4a8a08f09d37b73795649038408b5f33',
  ])
  expect(await etagOfParts([md5Of('ab'), md5Of('c')])).toBe('d833159094d1d7ad96ffcc78414e3682-2')
  expect(await etagOfParts([md5Of('ab')])).toBe('cf6af10925c0f50d8c2de3c58b692a10-1')
  await expect(etagOfParts(['not hex'])).rejects.toThrow('expected hex, got "not hex"')
})

test.each([
  [md5Of('film'), true],
  [await etagOfParts([md5Of('film')]), false],
  ['', false],
  [md5Of('film').slice(1), false],
  ['0x8DCD2C5E4A3B1F0', false],
])('whether "%s" can be the MD5 of a part: %s', (etag, can) => {
  expect(canBeMd5(etag)).toBe(can)
})
