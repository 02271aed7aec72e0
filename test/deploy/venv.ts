import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CACHE = join(import.meta.dirname, '../../node_modules/.cache')

/**
 * The Python of a virtual environment that holds what requirements.txt names, made at first use. The work happens in a
 * temporary folder that takes its name in one step, so that a killed run leaves no half of one.
 *
 * @throws Error where Python has no `venv`, or its packages cannot be had
 */
export async function python(): Promise<string> {
  const requirements = await readFile(REQUIREMENTS, 'utf8')
  const [, version] = /^ministack==(.+)$/m.exec(requirements) ?? []
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 8)
  const folder = join(CACHE, `partway-ministack-${version}-${digest}`)
  if (!existsSync(folder)) await install(folder)
  return pythonIn(folder)
}

async function install(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const temporary = await mkdtemp(`${folder}.`)
  try {
    await run('python3', ['-m', 'venv', temporary]).catch((cause) => {
      throw new Error(`Expected python3 with venv; install it (Debian: apt-get install python3-venv).`, {
        cause,
      })
    })
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input']
    await run(pythonIn(temporary), [...pip, 'install', '--only-binary', ':all:', '-r', REQUIREMENTS])
    await rename(temporary, folder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Called as `python -m`: the environment's scripts name the folder that it was made in. */
function pythonIn(folder: string): string {
  return join(folder, 'bin/python')
}
