import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProblemError } from '../../protocol/problems.ts'
import { decodeUserMetadata, encodeUserMetadata } from '../../protocol/user-metadata.ts'

const wellFormed = (constraints: fc.StringConstraints) =>
  fc.string({ unit: 'grapheme', ...constraints }).map((text) => text.toWellFormed())

test('names and values come back, and travel as ASCII', () => {
  fc.assert(
    fc.property(
      wellFormed({ minLength: 1, maxLength: 60 }),
      fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}x$/), wellFormed({ maxLength: 5 }), {
        maxKeys: 3,
      }),
      (fileName, metadata) => {
        const encoded = encodeUserMetadata(fileName, metadata)
        expect(Object.values(encoded).join('')).toMatch(/^[\x21-\x7e]*$/)
        expect(decodeUserMetadata(encoded)).toEqual({ fileName, metadata: { ...metadata } })
      },
    ),
  )
})

test('the longest name of the widest characters fits into 2 KB', () => {
  const fileName = '映'.repeat(341)
  const encoded = encodeUserMetadata(fileName)
  expect(encoded['file-name']).toMatch(/^base64:/)
  expect(decodeUserMetadata(encoded).fileName).toBe(fileName)
})

test('more than 2 KB in all is refused, with the number', () => {
  expect(() => encodeUserMetadata('film.mp4', { note: 'x'.repeat(2_100) })).toThrow(ProblemError)
  expect(() => encodeUserMetadata('film.mp4', { note: 'x'.repeat(900), more: 'x'.repeat(1_200) })).toThrow(
    'take 2',
  )
})

test('metadata cannot take the place of the file name', () => {
  expect(() => encodeUserMetadata('film.mp4', { 'file-name': 'other' })).toThrow('file-name')
})

test('a value that others wrote, and that is not encoded, comes back as it is', () => {
  expect(decodeUserMetadata({ note: '100 %' })).toEqual({ fileName: undefined, metadata: { note: '100 %' } })
})
