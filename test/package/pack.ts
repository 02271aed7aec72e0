import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { extract } from 'tar'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/**
 * Packs the package into a folder: builds it, as `npm pack` does.
 * @returns the path of the tarball
 */
export async function pack(folder: string): Promise<string> {
  const { version } = await manifest()
  await run('npm', ['pack', '--pack-destination', folder], { cwd: ROOT })
  return join(folder, `partway-${version}.tgz`)
}

/**
 * Makes a folder a project that has the package installed, with the dependencies of the checkout, and so without a registry.
 * @returns where the package lies in it
 */
export async function installPacked(tarball: string, project: string): Promise<string> {
  const modules = join(project, 'node_modules')
  const installed = join(modules, 'partway')
  await mkdir(installed, { recursive: true })
  await extract({ file: tarball, cwd: installed, strip: 1 })
  const { dependencies, optionalDependencies, peerDependencies } = await manifest()
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }
  return installed
}

interface Manifest {
  readonly version: string
  readonly dependencies: Record<string, string>
  readonly optionalDependencies: Record<string, string>
  readonly peerDependencies: Record<string, string>
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
}
