import { describe, expect, test } from 'vitest'
import { type ObjectHeaders, objectHeaders } from '../../client/node/s3/object-headers.ts'

test('each option becomes its header, and tags what a query is', () => {
  const headers = objectHeaders({
    cacheControl: 'max-age=60',
    contentDisposition: 'attachment',
    contentEncoding: 'gzip',
    contentLanguage: 'de',
    storageClass: 'DEEP_ARCHIVE',
    sse: 'aws:kms',
    sseKmsKeyId: 'alias/films',
    tags: { 'a b': 'c+d=ä', e: '' },
  })
  expect(headers).toEqual({
    'cache-control': 'max-age=60',
    'content-disposition': 'attachment',
    'content-encoding': 'gzip',
    'content-language': 'de',
    'x-amz-storage-class': 'DEEP_ARCHIVE',
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'alias/films',
    'x-amz-tagging': 'a%20b=c%2Bd%3D%C3%A4&e=',
  })
  expect(objectHeaders({})).toEqual({})
  expect(objectHeaders({ sse: 'AES256', tags: {} })).toEqual({ 'x-amz-server-side-encryption': 'AES256' })
})

describe('what S3 would not take is refused, with what it takes', () => {
  const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, '']))
  test.each<[string, ObjectHeaders, RegExp]>([
    [
      'beyond ASCII',
      { contentDisposition: 'filename="ä"' },
      /^Expected contentDisposition to be visible ASCII/,
    ],
    ['a line break', { cacheControl: 'a\r\nx: y' }, /^Expected cacheControl/],
    ['nothing at all', { contentLanguage: '' }, /^Expected contentLanguage/],
    ['spaces around it', { contentEncoding: ' gzip' }, /^Expected contentEncoding/],
    ['a class in small letters', { storageClass: 'standard_ia' }, /^Expected a storageClass as S3 writes it/],
    ['a key without KMS', { sse: 'AES256', sseKmsKeyId: 'k' }, /^Expected sse aws:kms .* got AES256/],
    ['another encryption', { sse: 'none' as 'AES256' }, /^Expected sse to be AES256 or aws:kms/],
    ['too many tags', { tags: tags(11) }, /^Expected at most 10 tags, got 11/],
    ['a tag without a name', { tags: { '': 'x' } }, /key of 1 to 128 characters, got 0/],
    ['a long tag', { tags: { ['k'.repeat(129)]: '' } }, /key of 1 to 128 characters, got 129/],
    ['a long value', { tags: { k: 'v'.repeat(257) } }, /value of 0 to 256 characters, got 257/],
    ['a sign that tags have not', { tags: { k: 'a*b' } }, /value of letters, digits, spaces and/],
    ['a tag of AWS’s', { tags: { 'AWS:k': 'v' } }, /^Expected a tag of your own/],
    [
      'more than fits',
      { tags: { a: 'ä'.repeat(256), b: '影'.repeat(256), c: '影'.repeat(256) } },
      /of at most 6144 bytes/,
    ],
  ])('%s', (_, headers, message) => {
    expect(() => objectHeaders(headers)).toThrow(TypeError)
    expect(() => objectHeaders(headers)).toThrow(message)
  })

  test('but as many tags as S3 takes, as long as it takes them, are taken', () => {
    const longest = { [`${'k'.repeat(127)}1`]: 'v'.repeat(256), ...tags(9) }
    expect(objectHeaders({ tags: longest })['x-amz-tagging']).toContain('v'.repeat(256))
  })
})
