import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Template } from './intrinsics.ts'
import type { Assets } from './template.ts'

/** What the CDK makes of the app. */
export interface Synthesis {
  stackName: string
  template: Template
  assets: Assets
}

/** The part of a cloud assembly's manifest.json that is read here. */
interface Manifest {
  artifacts: Record<
    string,
    { type: string; properties?: { templateFile?: string; file?: string; stackName?: string } }
  >
}

interface AssetManifest {
  files: Record<
    string,
    { source: { path: string; packaging: string }; destinations: Record<string, { objectKey: string }> }
  >
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Synthesises the stack of `bin/partway.ts` as `cdk synth` would, without the CLI's seconds.
 *
 * @param context over that of cdk.json
 * @throws with what the app printed, where it fails
 */
export async function synthesise(
  outDirectory: string,
  context: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Synthesis> {
  const cdkJson: { context?: Record<string, unknown> } = await readJson(join(ROOT, 'cdk.json'))
  await runApp(
    {
      ...process.env,
      CDK_OUTDIR: outDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, ...context }),
      CDK_VALIDATION: 'false',
    },
    signal,
  )
  // Lambda has no package.json above a function's code; here this one keeps the project's own from deciding what a .js is.
  await writeFile(join(outDirectory, 'package.json'), '{}\n')
  return readAssembly(outDirectory)
}

async function runApp(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const app = spawn(process.execPath, [join(ROOT, 'bin/partway.ts')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = () => app.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  // The bundlers that it starts write there too: the end of it is their end, even where the app was stopped.
  const [printed, [code]] = await Promise.all([text(app.stderr), once(app, 'close')])
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
  if (code !== 0) throw new Error(`bin/partway.ts did not synthesise the stack:\n${printed}`)
}

async function readAssembly(directory: string): Promise<Synthesis> {
  const manifest: Manifest = await readJson(join(directory, 'manifest.json'))
  const artifacts = Object.entries(manifest.artifacts)
  const [stack, ...others] = artifacts.filter(([, { type }]) => type === 'aws:cloudformation:stack')
  if (stack === undefined || others.length > 0) {
    throw new Error(`Expected one stack in ${directory}, got ${stack ? others.length + 1 : 'none'}.`)
  }
  const [id, { properties }] = stack
  return {
    stackName: properties?.stackName ?? id,
    template: await readJson(join(directory, properties?.templateFile ?? '')),
    assets: await readAssets(
      directory,
      artifacts.flatMap(
        ([, { type, properties }]) => (type === 'cdk:asset-manifest' && properties?.file) || [],
      ),
    ),
  }
}

async function readAssets(directory: string, files: string[]): Promise<Assets> {
  const manifests = await Promise.all(files.map((file) => readJson<AssetManifest>(join(directory, file))))
  return new Map(
    manifests
      .flatMap(({ files }) => Object.values(files))
      .filter(({ source }) => source.packaging === 'zip')
      .flatMap(({ source, destinations }) =>
        Object.values(destinations).map(({ objectKey }): [string, string] => [
          objectKey,
          join(directory, source.path),
        ]),
      ),
  )
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8'))
}
