import { isAbsolute, normalize, resolve, win32 } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFolderMarker, PathClaims, PathCollisionError, relativePathOf } from '../../client/node/index.ts'

test.each([
  ['films/a.mov', '', 'films/a.mov'],
  ['films/a.mov', 'films/', 'a.mov'],
  ['films/2026/a.mov', 'films/', '2026/a.mov'],
  ['films-old/a.mov', 'films', '-old/a.mov'],
  ['other/a.mov', 'films/', 'other/a.mov'],
  ['/etc/passwd', '', 'etc/passwd'],
  ['films//etc/passwd', 'films/', 'etc/passwd'],
  ['../../etc/passwd', '', 'etc/passwd'],
  ['a/./b/../c', '', 'a/b/c'],
  ['.\0./x\0y', '', 'xy'],
  ['a//b/', '', 'a/b'],
  ['films/', 'films/', 'download'],
  ['..', '', 'download'],
  ['two\nlines/ü 映画 🎬/u\u0308', '', 'two\nlines/ü 映画 🎬/u\u0308'],
  ['back\\slash: "*?', '', 'back\\slash: "*?'],
])('%j below %j goes to %j', (name, prefix, path) => {
  expect(relativePathOf(name, prefix, 'linux')).toBe(path)
})

test.each([
  ['..\\..\\evil', 'evil'],
  ['C:\\evil', 'C_/evil'],
  ['a: "b"?/c*|d', 'a_ _b__/c__d'],
  ['con', '_con'],
  ['LPT1.txt', '_LPT1.txt'],
  ['console', 'console'],
  ['dots... /trailing. ', 'dots/trailing'],
  ['.. /... /x', 'x'],
])('on Windows, %j goes to %j', (name, path) => {
  expect(relativePathOf(name, '', 'win32')).toBe(path)
})

test('no name leads out of the folder, on any system', () => {
  const piece = fc.constantFrom('..', '.', '/', '\\', '\0', 'a', ' ', ':', 'C:', '\n', '...')
  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(names, names, (name, prefix) => {
      const path = relativePathOf(name, prefix, 'linux')
      expect(isAbsolute(path)).toBe(false)
      expect(normalize(path)).toBe(path)
      expect(resolve('/out', path).startsWith('/out/')).toBe(true)
      expect(path).not.toContain('\0')
      const there = relativePathOf(name, prefix, 'win32')
      expect(win32.isAbsolute(there)).toBe(false)
      expect(win32.resolve('C:\\out', there).startsWith('C:\\out\\')).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

describe('of two keys, the second is refused', () => {
  const claim = (platform: NodeJS.Platform, ...paths: string[]) => {
    const claims = new PathClaims(platform)
    for (const [index, path] of paths.entries()) claims.claim(`key ${index}`, path)
  }

  test.each([
    ['the path is another’s', 'linux', ['a/b', 'a/b']],
    ['its folder is another’s file', 'linux', ['a/b', 'a/b/c/d']],
    ['its file is another’s folder', 'linux', ['a/b/c/d', 'a/b']],
    ['only their case tells them apart, on a Mac', 'darwin', ['a/B', 'A/b']],
    ['only their code points tell them apart, on a Mac', 'darwin', ['ü', 'u\u0308']],
  ] as const)('where %s', (_, platform, paths) => {
    expect(() => claim(platform, ...paths)).toThrow(PathCollisionError)
    expect(() => claim(platform, ...paths)).toThrow(/"key 1".*"key 0"/)
  })

  test('and only then', () => {
    claim('linux', 'a/B', 'A/b', 'a/c', 'ab', 'ü', 'u\u0308')
    claim('darwin', 'a/b', 'a/c', 'ab')
    const claims = new PathClaims('linux')
    for (const _ of [1, 2]) claims.claim('key', 'a/b')
  })
})

test('an empty object whose key ends with a slash only stands for a folder', () => {
  expect(isFolderMarker({ key: 'films/', size: 0 })).toBe(true)
  expect(isFolderMarker({ key: 'films/', size: 1 })).toBe(false)
  expect(isFolderMarker({ key: 'films/empty', size: 0 })).toBe(false)
})
