import { describe, expect, test } from 'vitest'
import {
  canonicalQuery,
  canonicalRequest,
  encodeKey,
  hmac,
  sha256Hex,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
  uriEncode,
} from '../../signing/sigv4.ts'

test('a signing key, as IAM’s guide derives it', () => {
  const scope = { date: '20120215', region: 'us-east-1', service: 'iam' }
  expect(signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope).toString('hex')).toBe(
    'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d',
  )
})

test('get-vanilla of AWS’s SigV4 test suite', () => {
  const dateTime = '20150830T123600Z'
  const scope = { date: '20150830', region: 'us-east-1', service: 'service' }
  const { text, signedHeaders } = canonicalRequest({
    method: 'GET',
    path: '/',
    query: [],
    headers: [
      ['X-Amz-Date', dateTime],
      ['Host', 'example.amazonaws.com'],
    ],
    payloadHash: sha256Hex(''),
  })
  expect(signedHeaders).toBe('host;x-amz-date')
  const key = signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope)
  expect(hmac(key, stringToSign(dateTime, scope, sha256Hex(text))).toString('hex')).toBe(
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
test('the presigned GET of S3’s guide', () => {
  const dateTime = '20130524T000000Z'
  const scope = { date: '20130524', region: 'us-east-1', service: 's3' }
  const { text } = canonicalRequest({
    method: 'GET',
    path: '/test.txt',
    query: [
      ['X-Amz-SignedHeaders', 'host'],
      ['X-Amz-Expires', '86400'],
      ['X-Amz-Date', dateTime],
      ['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ],
    headers: [['host', 'examplebucket.s3.amazonaws.com']],
    payloadHash: UNSIGNED_PAYLOAD,
  })
  const key = signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope)
  expect(hmac(key, stringToSign(dateTime, scope, sha256Hex(text))).toString('hex')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  )
})

describe('canonical form', () => {
  test('encodes all but the unreserved characters, once, and keeps a key’s slashes', () => {
    expect(uriEncode("aZ09-_.~ /!'()*+ü")).toBe('aZ09-_.~%20%2F%21%27%28%29%2A%2B%C3%BC')
    expect(encodeKey('a b//../c*')).toBe('a%20b//../c%2A')
  })

  test('sorts the query by encoded name, then by value', () => {
    const query: [string, string][] = [
      ['b', '2'],
      ['b', '1'],
      ['a-b', ''],
      ['a', 'x y'],
      ['B', ''],
    ]
    expect(canonicalQuery(query)).toBe('B=&a=x%20y&a-b=&b=1&b=2')
  })

  test('takes headers in any order and case, and no white space makes a header of its own', () => {
    const headers = new Map([
      ['X-Amz-Meta-B', '  two   words\t'],
      ['Host', 'h'],
      ['x-amz-meta-a', 'a\r\nx-amz-acl: public-read'],
    ])
    const { text, signedHeaders } = canonicalRequest({
      method: 'PUT',
      path: '/k',
      query: [],
      headers: headers.entries(),
      payloadHash: UNSIGNED_PAYLOAD,
    })
    expect(signedHeaders).toBe('host;x-amz-meta-a;x-amz-meta-b')
    expect(text.split('\n')).toEqual([
      'PUT',
      '/k',
      '',
      'host:h',
      'x-amz-meta-a:a x-amz-acl: public-read',
      'x-amz-meta-b:two words',
      '',
      'host;x-amz-meta-a;x-amz-meta-b',
      'UNSIGNED-PAYLOAD',
    ])
  })
})
