import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { expect, inject, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGE = join(inject('project'), 'node_modules/partway')
const MANIFEST = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
const MOST_BYTES = 6_000_000

const files = readdirSync(PACKAGE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(PACKAGE.length + 1))
const text = (file: string) => readFileSync(join(PACKAGE, file), 'utf8')

test('the package has what it is built of, its documents and its licence, and nothing else', () => {
  expect(files.filter((file) => !/^(dist|docs)\//.test(file)).toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'cli/partway.cjs',
    'package.json',
  ])
  const built = files.filter((file) => file.startsWith('dist/'))
  expect(built.filter((file) => !/\.(js|d\.ts|css|html|txt)$/.test(file))).toEqual([])
  expect(files.reduce((sum, file) => sum + text(file).length, 0)).toBeLessThan(MOST_BYTES)
})

test('all that it exports is there, with its types', () => {
  const paths = Object.values<object | string>(MANIFEST.exports).flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry),
  )
  expect(paths.length).toBeGreaterThan(5)
  for (const path of [...paths, ...Object.values(MANIFEST.bin)]) {
    expect(existsSync(join(PACKAGE, String(path))), String(path)).toBe(true)
  }
})

test('no file of it names a folder of the machine that built it', () => {
  const places = [ROOT, homedir()].map((place) => `${place.replace(/\/$/, '')}/`)
  expect(files.filter((file) => places.some((place) => text(file).includes(place)))).toEqual([])
})

test('whatever its modules import is Node, or a dependency that npm installs', () => {
  const { dependencies, optionalDependencies, peerDependencies } = MANIFEST
  const installed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  const imported = externalImports(['dist/cli.js', 'dist/node.js', 'dist/cdk/index.js'])
  const packages = imported.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
  expect(packages.filter((name) => !installed.includes(name))).toEqual([])
  expect(packages).toContain('valibot')
})

test('the element imports nothing but its own files, so that any web server can serve them', () => {
  const files = readdirSync(join(PACKAGE, 'dist/element'), { recursive: true, encoding: 'utf8' })
  expect(files).toContain('partway-upload.js')
  expect(externalImports(['dist/element/partway-upload.js'])).toEqual([])
})

test('the command and the engine know nothing of the CDK', () => {
  const imported = externalImports(['dist/cli.js', 'dist/node.js', 'dist/browser/index.js'])
  expect(imported.filter((name) => name in MANIFEST.peerDependencies)).toEqual([])
})

test('the licences of what is bundled are with it', () => {
  const licenses = text('dist/cdk/THIRD-PARTY-LICENSES.txt')
  for (const name of ['@aws-sdk/client-s3', '@middy/core', 'oidc-client-ts', 'valibot']) {
    expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'))
  }
  expect(licenses).toContain('Apache License')
  expect(licenses).toContain('Copyright (c) Middy contributors')
})

/** The packages and Node's modules that modules of the package import, however late. */
function externalImports(entryPoints: string[]): string[] {
  const { metafile } = buildSync({
    absWorkingDir: PACKAGE,
    entryPoints,
    outdir: 'unwritten',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
  const external = imports.filter((one) => one.external).map(({ path }) => path)
  return [...new Set(external.map((path) => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path))]
}
