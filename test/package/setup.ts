import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { installPacked, pack } from './pack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder in which the package is installed as it was packed, for all tests of the run: they leave it as it is. */
    project: string
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const project = await mkdtemp(join(tmpdir(), 'partway-package-'))
  await installPacked(await pack(project), project)
  provide('project', project)
  return () => rm(project, { recursive: true, force: true })
}
