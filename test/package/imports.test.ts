import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, inject, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { content } from '../api/uploads.ts'

const PROJECT = inject('project')
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const MAX_BROWSER_BYTES = 45_000
const run = promisify(execFile)
const aws = useLocalAws()

const IN_NODE = `
import { createClient, createS3Client, openFile, type S3Client } from 'partway/node'
import { readFile } from 'node:fs/promises'

const client = createClient({ url: process.env['API'] ?? '' })
const source = await openFile('film.mov')
const { key } = await client.upload(source).result
await source.close()
await client.download(key, { output: 'copy.mov' }).result
client.close()
const bytes: number = (await readFile('copy.mov')).length
console.log(bytes)

// @ts-expect-error: a bucket has to be named
export const direct = (): S3Client => createS3Client({})
`

const IN_A_PAGE = `
import { createClient, type Upload } from 'partway/browser'

export function send(file: File, draw: (percent: number) => void): Upload {
  const upload = createClient({ url: location.origin }).upload(file)
  upload.on('progress', () => draw(upload.snapshot().bytesSent / file.size))
  // @ts-expect-error: a Blob has no name
  createClient({ url: location.origin }).upload(new Blob([]))
  return upload
}
`

const WITH_THE_ELEMENT = `
import { PartwayUpload, type PartwayUploadEventMap } from 'partway/element'

const uploads = document.querySelector('partway-upload') ?? new PartwayUpload()
uploads.token = async (refused, signal) => (refused || signal.aborted ? undefined : 'token')
uploads.metadata = { team: 'films' }
uploads.addEventListener('partway-done', ({ detail: { name, key, size } }) => console.log(name, key, size.toFixed()))
document.addEventListener('partway-error', ({ detail: { code, sentence } }) => console.log(code, sentence))
export const change = ({ detail }: PartwayUploadEventMap['partway-change']): string => detail.title
// @ts-expect-error: a token comes from a function, so that it can be renewed
uploads.token = 'token'
`

test('TypeScript and Node take partway/node as it is, and it sends and fetches', async () => {
  const folder = await consumer({ 'app.ts': IN_NODE })
  expect(await typeErrors(folder, { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] })).toBe(
    '',
  )
  const film = content(10 * MIB)
  await writeFile(join(folder, 'film.mov'), film)
  const { stdout } = await run(process.execPath, ['app.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, API: aws.apiUrl, PARTWAY_STATE: join(folder, '.state') },
  })
  expect(stdout).toBe(`${film.length}\n`)
  expect(Buffer.compare(await readFile(join(folder, 'copy.mov')), film)).toBe(0)
})

test('TypeScript takes partway/browser with no types of Node', async () => {
  const folder = await consumer({ 'page.ts': IN_A_PAGE })
  expect(await typeErrors(folder, { types: [], lib: ['es2022', 'dom', 'dom.iterable'] })).toBe('')
})

test('TypeScript takes partway/element, and knows its events, with no types of Node', async () => {
  const folder = await consumer({ 'page.ts': WITH_THE_ELEMENT })
  expect(await typeErrors(folder, { types: [], lib: ['es2022', 'dom', 'dom.iterable'] })).toBe('')
})

test('partway/element can be imported where a page is rendered on a server', async () => {
  const folder = await consumer({ 'app.js': "import 'partway/element'\nconsole.log('rendered')\n" })
  expect((await run(process.execPath, ['app.js'], { cwd: folder })).stdout).toBe('rendered\n')
})

test('TypeScript takes the React example with the package', async () => {
  const folder = await consumer({})
  await cp(join(ROOT, 'examples/react'), folder, { recursive: true })
  for (const name of ['@types/react', '@types/react-dom']) {
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const browser = { types: [], lib: ['es2022', 'dom', 'dom.iterable'] }
  const tsx = { jsx: 'react-jsx', allowImportingTsExtensions: true, noEmit: true }
  expect(await typeErrors(folder, { ...browser, ...tsx })).toBe('')
})

test('a bundler takes partway/browser with nothing of Node in it', async () => {
  const folder = await consumer({ 'page.ts': IN_A_PAGE })
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ['page.ts'],
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
  expect(imports.filter(({ path, external }) => external || path.startsWith('node:'))).toEqual([])
  const sizes = outputFiles.map(({ contents }) => gzipSync(contents).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BROWSER_BYTES)
})

/** A folder of the project, with modules in it. */
async function consumer(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(PROJECT, 'consumer-'))
  const all = { 'package.json': '{"type": "module"}', ...files }
  await Promise.all(Object.entries(all).map(([name, text]) => writeFile(join(folder, name), text)))
  return folder
}

/** What tsc says of a folder's modules, and of the package's types themselves; it writes their JavaScript. */
async function typeErrors(folder: string, options: object): Promise<string> {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    skipLibCheck: false,
    ...options,
  }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts', '*.tsx'] }),
  )
  const tsc = run(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], { cwd: folder })
  const { stdout } = await tsc.catch((error) => error)
  return stdout.trim()
}
