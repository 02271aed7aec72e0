import { describe, expect, test } from 'vitest'
import type { GivenFlag } from '../../cli/command.ts'
import { filterOf } from '../../cli/filter.ts'
import { invocation } from './invocation.ts'

const FILES = [
  'a.mov',
  'draft.mov',
  'notes.txt',
  'tmp/a.mov',
  'tmp/.cache/x',
  'films/tmp/b.mov',
  'films/c.mov',
]

/** Such as `-tmp +*.mov`. */
function filter(text: string) {
  const given = text
    .split(' ')
    .filter(Boolean)
    .map((word): GivenFlag => [word.startsWith('+') ? 'include' : 'exclude', word.slice(1)])
  return filterOf({ given })
}

describe('the files that are meant', () => {
  test.each([
    ['', FILES],
    ['-tmp', ['a.mov', 'draft.mov', 'notes.txt', 'films/c.mov']],
    ['-tmp/', ['a.mov', 'draft.mov', 'notes.txt', 'films/c.mov']],
    ['-/tmp', ['a.mov', 'draft.mov', 'notes.txt', 'films/tmp/b.mov', 'films/c.mov']],
    ['-films/tmp', ['a.mov', 'draft.mov', 'notes.txt', 'tmp/a.mov', 'tmp/.cache/x', 'films/c.mov']],
    ['-a.mov/', FILES],
    ['+*.mov', ['a.mov', 'draft.mov', 'tmp/a.mov', 'films/tmp/b.mov', 'films/c.mov']],
    ['+*.mov -draft* -tmp', ['a.mov', 'films/c.mov']],
    ['-* +*.txt', ['notes.txt']],
    ['-tmp +tmp/a.mov', ['a.mov', 'draft.mov', 'notes.txt', 'tmp/a.mov', 'films/c.mov']],
    ['+films/**/*.mov', ['films/tmp/b.mov', 'films/c.mov']],
    ['+[ab].{mov,txt}', ['a.mov', 'tmp/a.mov', 'films/tmp/b.mov']],
    ['-**', []],
  ])('by "%s"', (rules, meant) => {
    expect(FILES.filter((file) => filter(rules).takes(file))).toEqual(meant)
  })

  test('may be called anything', () => {
    expect(filter('+*(1).mov').takes('x/two\nlines (1).mov')).toBe(true)
    expect(filter('+ü*').takes('x\ny/über')).toBe(true)
    expect(filter('+*.mov').takes('.hidden.mov')).toBe(true)
    expect(filter(String.raw`+\*`).takes('a')).toBe(false)
  })

  test('come from the flags in their order', () => {
    const { takes } = filterOf(
      invocation(['upload', '.', '--exclude', '*', '--include', '*.mov', '--exclude=d*']),
    )
    expect(FILES.filter(takes)).toEqual(['a.mov', 'tmp/a.mov', 'films/tmp/b.mov', 'films/c.mov'])
  })
})

describe('a folder', () => {
  test.each([
    ['-tmp', 'films/tmp', true],
    ['-tmp/', 'films/tmp', true],
    ['-tmp', 'films/tmp/more', true],
    ['-/tmp', 'films/tmp', false],
    ['-tmp +*.mov', 'tmp', false],
    ['+*.mov -tmp', 'tmp', true],
    ['+*.mov', 'tmp', false],
    ['-*.mov', 'films', false],
    ['-* +*.mov', 'films', false],
  ])('by "%s", %s is not looked into: %s', (rules, folder, isLeftOut) => {
    expect(filter(rules).leavesOut(folder)).toBe(isLeftOut)
  })
})
