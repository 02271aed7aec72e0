import { describe, expect, test } from 'vitest'
import { SourceChangedError } from '../../client/errors.ts'
import { compareIdentity } from '../../client/identity.ts'

const before = { size: '10', changed: 'noon', touched: 'noon', inode: '7' }

test('a file that agrees in everything is the same', () => {
  expect(compareIdentity('film.mov', before, { ...before })).toBe('same')
})

test('one that was only touched may be the same', () => {
  expect(compareIdentity('film.mov', before, { ...before, touched: 'one' })).toBe('touched')
})

describe('a file is another one', () => {
  test.each([
    [{ size: '12' }, 'size was 10, is 12'],
    [{ changed: 'one' }, 'changed was noon, is one'],
    [{ inode: '8' }, 'inode was 7, is 8'],
    [{ size: '12', changed: 'one', touched: 'one' }, 'size was 10, is 12; changed was noon, is one'],
    [{ ends: 'AAAA' }, 'ends was unknown, is AAAA'],
  ])('with %j, and the error says so', (change, what) => {
    const compare = () => compareIdentity('film.mov', before, { ...before, ...change })
    expect(compare).toThrow(SourceChangedError)
    expect(compare).toThrow(
      `Expected film.mov as it was when its upload began, got another: ${what}. Put the old file back, or begin anew.`,
    )
  })
})
