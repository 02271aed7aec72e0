import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Duration } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { synthesiseUploads } from './synth.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache')

/** What the pages' examples call theirs. */
const PRELUDE = `
import type { Stack } from 'aws-cdk-lib'
import type { PartwayUploads } from 'partway/cdk'
declare global {
  const stack: Stack
  const uploads: PartwayUploads
}
`

let directory: string
beforeAll(async () => {
  await mkdir(CACHE, { recursive: true })
  directory = await mkdtemp(join(CACHE, 'docs-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('the examples of the pages are right, as far as types say', async () => {
  const pages = ['docs/construct.md', 'docs/deploy.md']
  const examples = (await Promise.all(pages.map((page) => blocksOf(page, 'ts')))).flat()
  expect(examples.length).toBeGreaterThan(8)
  expect(await typeErrors(examples)).toBe('')
})

test('an example that is wrong is found', async () => {
  const wrong = { name: 'wrong.ts', code: `uploads.grantRead('everyone')\nexport {}` }
  expect(await typeErrors([wrong])).toMatch(/wrong\.ts\(1,\d+\): error TS2345/)
})

test('the calls for an imported bucket set what the template sets', async () => {
  const [cors, lifecycle] = (await blocksOf('docs/construct.md', 'json')).map(({ code }) => JSON.parse(code))
  const template = synthesiseUploads({
    allowedOrigins: ['https://www.example.com'],
    abortAfter: Duration.days(7),
  })
  const [bucket] = Object.values(template.findResources('AWS::S3::Bucket'))
  const { CorsConfiguration, LifecycleConfiguration } = bucket?.Properties ?? {}
  expect(cors).toEqual({
    CORSRules: CorsConfiguration.CorsRules.map(
      ({ ExposedHeaders, MaxAge, ...rule }: Record<string, unknown>) => ({
        ...rule,
        ExposeHeaders: ExposedHeaders,
        MaxAgeSeconds: MaxAge,
      }),
    ),
  })
  expect(lifecycle).toEqual({
    Rules: LifecycleConfiguration.Rules.map(({ Id, Prefix, ...rule }: Record<string, unknown>) => ({
      ...rule,
      ID: Id,
      Filter: { Prefix },
    })),
  })
})

interface Example {
  /** Page and line, so that an error leads there. */
  name: string
  code: string
}

async function blocksOf(page: string, language: string): Promise<Example[]> {
  const markdown = await readFile(join(ROOT, page), 'utf8')
  const blocks = markdown.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))
  return [...blocks].map(({ index, 1: code = '' }) => {
    const line = markdown.slice(0, index).split('\n').length
    return { name: `${basename(page, '.md')}-line-${line}.ts`, code }
  })
}

/** What tsc says of examples, each a module of its own, by the project's own rules. */
async function typeErrors(examples: Example[]): Promise<string> {
  const files = [{ name: 'prelude.d.ts', code: PRELUDE }, ...examples]
  const tsconfig = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: ROOT,
      paths: { 'partway/cdk': [join(ROOT, 'lib/index.ts')] },
      moduleDetection: 'force',
    },
    files: files.map(({ name }) => name),
    include: [],
  }
  await Promise.all([
    ...files.map(({ name, code }) => writeFile(join(directory, name), code)),
    writeFile(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig)),
  ])
  const tsc = spawn(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'], { cwd: directory })
  const [printed] = await Promise.all([text(tsc.stdout), once(tsc, 'close')])
  return printed.trim()
}
