import { execFile } from 'node:child_process'
import { access, cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')
const GO_FOLDER = '/usr/local/go/bin'
const LIB_STORAGE = '@aws-sdk/lib-storage@3.1169.0'
const CLIENT_S3 = '@aws-sdk/client-s3@3.1169.0'

/** What is installed here stays, so that the next run need not. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'partway-bench')

/** Something to be compared with, or why it is not there. */
export type Found = { readonly path: string; readonly version: string } | { readonly missing: string }

/** The command as its package has it, compiled: sources would have their types stripped in each run, which takes 60 MiB. */
export async function buildPartway(folder: string): Promise<string> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { cli: 'cli/main.ts' },
    outdir: join(folder, 'dist'),
    ...{ bundle: true, splitting: true, format: 'esm', packages: 'external', platform: 'node' },
    ...{ target: 'node22', chunkNames: 'chunks/[name]-[hash]', logLevel: 'warning' },
  })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await cp(join(ROOT, 'cli/partway.cjs'), join(folder, 'cli/partway.cjs'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'cli/partway.cjs')
}

/** Of the PATH. @param version how it is asked for its own */
export async function onPath(name: string, version: readonly string[]): Promise<Found> {
  const path = await which(name)
  if (!path) return { missing: `${name} is not installed` }
  const { stdout } = await run(path, version)
  return { path, version: stdout.split('\n')[0] ?? '' }
}

/** A command of a Go module, compiled where Go is at hand. `go install` wants the list of all versions, which not every proxy has. */
export async function fromGo(name: string, module: string, version: string): Promise<Found> {
  const folder = join(CACHE, `${name}-${version}`)
  const path = join(folder, name)
  if (!(await isThere(path))) {
    const go = (await which('go')) ?? join(GO_FOLDER, 'go')
    if (!(await isThere(go))) return { missing: `Go, which would compile it, is not installed` }
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'go.mod'), `module bench\n\nrequire ${module} ${version}\n`)
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' }
    const options = { cwd: folder, env }
    const built = await run(go, ['build', '-o', path, module], options)
      .catch(() => run(go, ['install', `${module}@${version}`], options))
      .catch(lastLineOf)
    if (typeof built === 'string') return { missing: `it could not be compiled: ${built}` }
  }
  return { path, version: `${name} ${version}` }
}

/** @returns as `path`, what its modules are resolved from */
export async function libStorage(): Promise<Found> {
  const folder = join(CACHE, 'lib-storage')
  if (!(await isThere(join(folder, 'node_modules/@aws-sdk/lib-storage')))) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    const options = { cwd: folder }
    const installed = await run('npm', ['install', '--no-audit', LIB_STORAGE, CLIENT_S3], options).catch(
      lastLineOf,
    )
    if (typeof installed === 'string') return { missing: `it could not be installed: ${installed}` }
  }
  return { path: join(folder, 'index.js'), version: LIB_STORAGE }
}

async function which(name: string): Promise<string | undefined> {
  const { stdout } = await run('sh', ['-c', 'command -v "$0"', name]).catch(() => ({ stdout: '' }))
  return stdout.trim() || undefined
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function lastLineOf(error: Error): string {
  return error.message.trim().split('\n').at(-1) ?? ''
}
