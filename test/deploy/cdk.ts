import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ACCOUNT, ADMINISTRATOR, REGION } from './account.ts'

const ROOT = join(import.meta.dirname, '../..')
const BINARY = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin/cdk')
const STACK = 'Partway'

/** The stack's context, as `-c name=value` gives it. */
export type Context = Readonly<Record<string, string>>

interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export interface Deployed {
  readonly stackName: string
  readonly outputs: {
    readonly ApiUrl: string
    readonly BucketName: string
    readonly UserPoolId?: string
    readonly SiteUrl?: string
  }
  readonly template: {
    readonly Outputs: { readonly BucketName: { readonly Value: { readonly Ref: string } } }
    readonly Resources: Readonly<Record<string, Resource>>
  }
}

export interface Cdk {
  bootstrap(): Promise<void>
  deploy(context: Context): Promise<Deployed>
  /** @returns what it prints */
  diff(context: Context): Promise<string>
  destroy(context: Context): Promise<void>
}

export interface CdkOptions {
  /** Where AWS is. */
  readonly endpoint: string
  /** For its home, its temporary files and what it synthesises. */
  readonly folder: string
  readonly path: string
  /** Ends what is under way. */
  readonly signal: AbortSignal
}

/** The CDK's own command line, on our app as cdk.json has it, with nothing of this machine's AWS settings. */
export function createCdk({ endpoint, folder, path, signal }: CdkOptions): Cdk {
  const assembly = join(folder, 'cdk.out')
  const outputsFile = join(folder, 'outputs.json')
  const env = {
    PATH: path,
    HOME: folder,
    TMPDIR: folder,
    NO_COLOR: '1',
    CI: '1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ADMINISTRATOR.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ADMINISTRATOR.secretAccessKey,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: 'true',
  }

  async function cdk(args: readonly string[], context: Context = {}): Promise<string> {
    const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(process.execPath, [BINARY, ...args, '--no-notices', '-o', assembly, ...given], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const [code, cause] = await once(child, 'close')
    if (code !== 0)
      throw new Error(`Expected cdk ${args.join(' ')} to succeed, got ${cause ?? code}:\n${output}`)
    return output
  }

  return {
    async bootstrap() {
      await cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`])
    },
    async deploy(context) {
      await cdk(['deploy', '--require-approval', 'never', '--outputs-file', outputsFile], context)
      const outputs = await readJson<Record<string, Deployed['outputs']>>(outputsFile)
      const template = await readJson<Deployed['template']>(join(assembly, `${STACK}.template.json`))
      const own = outputs[STACK]
      if (!own) throw new Error(`Expected outputs of ${STACK}, got ${Object.keys(outputs).join(', ')}.`)
      return { stackName: STACK, outputs: own, template }
    },
    diff: (context) => cdk(['diff'], context),
    async destroy(context) {
      await cdk(['destroy', '--force'], context)
    },
  }
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8'))
}
