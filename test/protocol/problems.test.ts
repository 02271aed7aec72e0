import { expect, test } from 'vitest'
import { problemType } from '../../protocol/problem-types.ts'
import { ProblemError } from '../../protocol/problems.ts'

test('a problem reads as RFC 9457 has it, its type recognised at the other end', () => {
  const body = new ProblemError('parts-missing', 'Send part 2 again.', {
    missing: [2],
    mismatched: [],
  }).toBody('r-1')
  expect(body).toEqual({
    type: 'urn:partway:problem:parts-missing',
    title: 'Parts are missing',
    status: 409,
    detail: 'Send part 2 again.',
    requestId: 'r-1',
    missing: [2],
    mismatched: [],
  })
  expect(problemType(body)).toBe('parts-missing')
  expect(problemType({ type: 'about:blank' })).toBeUndefined()
})
