import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { plan } from '../../protocol/part-plan.ts'
import type { SignedTemplate } from '../../protocol/schemas.ts'
import { packSignedParts, unpackSignedParts } from '../../protocol/signed-parts.ts'

const EXPIRY = { expiresAt: '2026-11-21T02:34:25.000Z', expiresIn: 3600 }
const TEMPLATE = 'https://b.s3.us-east-1.amazonaws.com/k?partNumber={partNumber}&X-Amz-Signature={signature}'

test('packed signatures come back as one URL a part, of the size in the plan', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.nat(40),
      fc.infiniteStream(fc.nat(255)),
      (count, skipped, bytes) => {
        const upload = plan((skipped + count - 1) * 5 * MIB + 1, 5 * MIB)
        const window = { from: skipped + 1, to: skipped + count }
        const signatures = Uint8Array.from(bytes.take(count * 32))
        const packed = packSignedParts(
          { ...window, urlTemplate: TEMPLATE, signatures, headers: { a: 'b' } },
          EXPIRY,
        )

        const parts = [...unpackSignedParts(packed, upload)]

        expect(parts.map(({ partNumber }) => partNumber)).toEqual(
          Array.from({ length: count }, (_, index) => window.from + index),
        )
        expect(parts.at(-1)).toEqual({
          partNumber: window.to,
          size: 1,
          url: `https://b.s3.us-east-1.amazonaws.com/k?partNumber=${window.to}&X-Amz-Signature=${hex(signatures.subarray(-32))}`,
          headers: { a: 'b' },
        })
      },
    ),
  )
})

test('10,000 parts fit in 512 KB', () => {
  const urlTemplate = `${TEMPLATE}&X-Amz-Security-Token=${'t'.repeat(1600)}`
  const packed = packSignedParts(
    { from: 1, to: 10_000, urlTemplate, signatures: new Uint8Array(320_000).fill(0xff), headers: {} },
    EXPIRY,
  )
  expect(JSON.stringify(packed).length).toBeLessThan(512_000)
  expect([...unpackSignedParts(packed, plan(10_000 * 5 * MIB, 5 * MIB))]).toHaveLength(10_000)
})

test('full URLs pass as they are', () => {
  const parts = [{ partNumber: 7, size: 5, url: 'https://example.com/7', headers: {} }]
  expect([...unpackSignedParts({ parts, ...EXPIRY }, plan(1, 8 * MIB))]).toEqual(parts)
})

test('signatures that do not fit their window are refused', () => {
  const packed: SignedTemplate = {
    urlTemplate: TEMPLATE,
    from: 1,
    to: 3,
    signatures: btoa('short'),
    headers: {},
    ...EXPIRY,
  }
  expect(() => [...unpackSignedParts(packed, plan(3, 8 * MIB))]).toThrow('Expected 96 bytes')
})

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
