import { expect } from 'vitest'
import { contract } from './contract.ts'

const KEYS = ['a/1', 'a/2', 'a/b/3', 'a b+c', 'ü', 'z']

contract('ListObjectsV2 lists by prefix, in pages, in the order of UTF-8 bytes', async ({ s3, Bucket }) => {
  for (const Key of KEYS) await s3.putObject({ Bucket, Key, Body: Key })
  const keys: (string | undefined)[] = []
  let ContinuationToken: string | undefined
  let pages = 0
  do {
    const page = await s3.listObjectsV2({ Bucket, MaxKeys: 4, ContinuationToken })
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key))
    expect(page.KeyCount).toBe(page.Contents?.length)
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined)
    ContinuationToken = page.NextContinuationToken
    pages += 1
  } while (ContinuationToken !== undefined)
  expect(keys).toEqual(['a b+c', 'a/1', 'a/2', 'a/b/3', 'z', 'ü'])
  expect(pages).toBe(2)

  const prefixed = await s3.listObjectsV2({ Bucket, Prefix: 'a/', StartAfter: 'a/1' })
  expect(prefixed.Contents?.map(({ Key }) => Key)).toEqual(['a/2', 'a/b/3'])
  expect(prefixed.Contents?.[0]).toMatchObject({ Size: 3, ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/) })
})

contract('a delimiter folds keys into common prefixes', async ({ s3, Bucket }) => {
  for (const Key of KEYS) await s3.putObject({ Bucket, Key: `folded/${Key}`, Body: Key })
  const page = await s3.listObjectsV2({ Bucket, Prefix: 'folded/', Delimiter: '/' })
  expect(page.CommonPrefixes).toEqual([{ Prefix: 'folded/a/' }])
  expect(page.Contents?.map(({ Key }) => Key)).toEqual(['folded/a b+c', 'folded/z', 'folded/ü'])
})
