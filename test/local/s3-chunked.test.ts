import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Authentication } from '../../local/s3/auth.ts'
import { decodeChunks } from '../../local/s3/chunked.ts'
import { S3Error } from '../../local/s3/errors.ts'
import { hmac, scopeText, sha256Hex, signingKey } from '../../signing/sigv4.ts'
import { root } from './s3-harness.ts'

/** The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const scope = { date: '20130524', region: 'us-east-1', service: 's3' }
const signer: Authentication = {
  principal: root,
  signingKey: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope),
  credential: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    scope,
    dateTime: '20130524T000000Z',
    signedAt: new Date('2013-05-24T00:00:00Z'),
    signedHeaders: [],
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    token: undefined,
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    expiresSeconds: undefined,
  },
}
const example = [
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65536)}\r\n`,
  `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`,
  '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
].join('')

async function* arriveIn(text: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size)
}

async function decode(text: string | Buffer, signedBy?: Authentication, size = 1000) {
  const trailers = new Map<string, string>()
  const pieces = []
  for await (const piece of decodeChunks(arriveIn(Buffer.from(text), size), signedBy, trailers))
    pieces.push(piece)
  return { bytes: Buffer.concat(pieces), trailers: Object.fromEntries(trailers) }
}

function signTrailers(previous: string, trailers: string): string {
  const text = `AWS4-HMAC-SHA256-TRAILER\n${signer.credential.dateTime}\n${scopeText(scope)}\n${previous}\n${sha256Hex(trailers)}`
  return hmac(signer.signingKey, text).toString('hex')
}

describe('an aws-chunked body', () => {
  test("of AWS's own example is decoded, and its signatures hold", async () => {
    const { bytes } = await decode(example, signer)
    expect(bytes.equals(Buffer.alloc(66_560, 'a'))).toBe(true)
  })

  test('comes out as it went in, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })),
        fc.integer({ min: 1, max: 400 }),
        async (chunks, size) => {
          const encoded = chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from('\r\n'),
          ])
          const text = Buffer.concat([
            ...encoded,
            Buffer.from('0\r\nx-amz-checksum-crc32: AAAAAA== \r\n\r\n'),
          ])
          const { bytes, trailers } = await decode(text, undefined, size)
          expect(bytes.equals(Buffer.concat(chunks))).toBe(true)
          expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' })
        },
      ),
    )
  })

  test('with any byte of a signed chunk changed is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(example.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const text = Buffer.from(example)
        const upper = text.toString('latin1', at, at + 1).toUpperCase()
        text[at] = (text[at] ?? 0) ^ change
        // Numbers in hex may be written either way.
        fc.pre(text.toString('latin1', at, at + 1).toUpperCase() !== upper)
        await expect(decode(text, signer)).rejects.toThrow(S3Error)
      }),
      { numRuns: 60 },
    )
  })

  test('without its last chunk, or with an unsigned one, is refused', async () => {
    await expect(decode(example.slice(0, example.lastIndexOf('0;')), signer)).rejects.toThrow(
      'number of bytes',
    )
    await expect(decode('1\r\na\r\n0\r\n\r\n', signer)).rejects.toThrow('signature')
  })

  test('has its trailers signed where its chunks are', async () => {
    const last = 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'
    const signature = signTrailers(last, 'x-amz-checksum-crc32c:sOO8/Q==\n')
    const body = example.slice(0, -2)
    const good = `${body}x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:${signature}\r\n\r\n`
    expect((await decode(good, signer)).trailers).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' })
    await expect(decode(good.replace('sOO8', 'sOO9'), signer)).rejects.toThrow('signature')
    await expect(decode(`${body}x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n`, signer)).rejects.toThrow('signature')
  })

  test.each([
    'zz\r\n',
    'fffffffffffffff\r\n',
    '-1\r\n',
    '1\r\nab\r\n',
    `${'0'.repeat(20_000)}`,
    '0\r\nnonsense\r\n\r\n',
  ])('that is none (%#) is refused', async (text) => {
    await expect(decode(text)).rejects.toThrow('aws-chunked')
  })
})
