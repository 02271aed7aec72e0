import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync } from 'node:zlib'
import { create } from 'tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unpackChromium } from './unpack.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-unpack-'))
  await mkdir(join(folder, 'packed'))
  await writeFile(join(folder, 'content'), 'content')
  const archive = brotliCompressSync(await buffer(create({ cwd: folder }, ['content'])))
  for (const name of ['fonts', 'swiftshader', 'al2023']) {
    await writeFile(join(folder, 'packed', `${name}.tar.br`), archive)
  }
  await writeFile(join(folder, 'packed/chromium.br'), brotliCompressSync('a binary'))
})

afterAll(() => rm(folder, { recursive: true }))

test('two that unpack at once leave one whole folder and nothing else', async () => {
  const parent = join(folder, 'raced')
  const unpack = () => unpackChromium(join(folder, 'packed'), join(parent, 'browser'))
  await Promise.all([unpack(), unpack()])
  await unpack()

  expect(await readdir(parent)).toEqual(['browser'])
  expect((await readdir(join(parent, 'browser'))).sort()).toEqual([
    'al2023',
    'chromium',
    'content',
    'fonts.conf',
  ])
  expect((await stat(join(parent, 'browser/chromium'))).mode & 0o111).toBe(0o111)
  expect(await readFile(join(parent, 'browser/fonts.conf'), 'utf8')).toContain(
    `<dir>${parent}/browser/fonts</dir>`,
  )
})

test('a package without its binary leaves nothing behind', async () => {
  const parent = join(folder, 'broken')
  const packed = join(folder, 'no-such-package')
  await expect(unpackChromium(packed, join(parent, 'browser'))).rejects.toThrow('ENOENT')
  expect(await readdir(parent)).toEqual([])
})
