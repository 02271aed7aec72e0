import { createHash, hash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type LocalAwsOptions, startLocalAws } from '../../local/aws.ts'
import type { ListUploadsResponse } from '../../protocol/schemas.ts'
import { createPartGate, type PartWatch } from './part-gate.ts'

/** A file on disk, and what its bytes hash to. */
export interface TestFile {
  readonly path: string
  readonly name: string
  readonly sha256: string
}

/** The local AWS, and a folder for files: what is behind a page, in whatever browser that is. */
export interface Backstage {
  readonly apiUrl: string
  readonly s3Url: string
  /** Where people sign in, where they do. */
  readonly issuerUrl: string
  /** Temporary: gone with the stage. */
  readonly folder: string
  /** Random bytes in a file. @param name may have folders in it, which are made */
  file(name: string, bytes: number): Promise<TestFile>
  /** The parts of a file, from now on. @param fileName without folders */
  watch(fileName: string): PartWatch
  /** Calls the API, as the page does. */
  api<Answer>(method: string, path: string, body?: object): Promise<Answer>
  /** By what they are called on the server. */
  unfinished(): Promise<string[]>
  /** Drops what is unfinished: pages list it, whoever began it. */
  dropUnfinished(): Promise<void>
  /** What the store holds under a key, hashed. */
  sha256Stored(key: string): Promise<string>
}

export type Undo = (() => unknown)[]

/** Builds something of which each step that succeeded is undone, in reverse, by `close` or where a later one fails. */
export async function standing<Built>(
  build: (undo: Undo) => Promise<Built>,
): Promise<Built & { close(): Promise<void> }> {
  const undo: Undo = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return { ...(await build(undo)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param undo receives a step for each thing that is to be taken down again */
export async function buildBackstage(options: Partial<LocalAwsOptions>, undo: Undo): Promise<Backstage> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-page-'))
  undo.push(() => rm(folder, { recursive: true }))
  const gate = createPartGate()
  const aws = await startLocalAws({
    port: 0,
    s3Port: 0,
    admit: gate.admit,
    dataDirectory: join(folder, 'data'),
    log: () => {},
    ...options,
  })
  undo.push(() => aws.close())
  const api: Backstage['api'] = async (method, path, body) => {
    const answer = await fetch(new URL(path, aws.apiUrl), {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    })
    if (!answer.ok) throw new Error(`Expected ${method} ${path} to succeed, got ${answer.status}.`)
    return answer.status === 204 ? undefined : answer.json()
  }
  const list = async () => (await api<ListUploadsResponse>('GET', '/uploads')).uploads
  return {
    apiUrl: aws.apiUrl,
    s3Url: aws.s3Url,
    issuerUrl: aws.issuerUrl ?? '',
    folder,
    api,
    watch: gate.watch,
    async file(name, bytes) {
      const content = randomBytes(bytes)
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
      return { path, name, sha256: sha256(content) }
    },
    unfinished: async () => (await list()).map(({ fileName }) => fileName),
    async dropUnfinished() {
      for (const { key, uploadId } of await list())
        await api('DELETE', `/uploads/${uploadId}?${new URLSearchParams({ key })}`)
    },
    async sha256Stored(key) {
      const { url } = await api<{ url: string }>('POST', '/downloads', { key })
      const { body } = await fetch(url)
      const digest = createHash('sha256')
      for await (const chunk of body ?? []) digest.update(chunk)
      return digest.digest('hex')
    },
  }
}

export function sha256(content: Uint8Array): string {
  return hash('sha256', content)
}
