import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll } from 'vitest'
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../local/aws.ts'
import type { Route } from '../../protocol/routes.ts'

/** The local AWS on free ports and a folder of its own, for the tests of one file. */
export function useLocalAws(options: Partial<LocalAwsOptions> = {}): {
  readonly apiUrl: string
  readonly s3Url: string
  readonly issuerUrl: string
  readonly issueCredentials: LocalAws['issueCredentials']
} {
  let aws: LocalAws
  let dataDirectory: string

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'partway-api-'))
    aws = await startLocalAws({ port: 0, s3Port: 0, dataDirectory, log: () => {}, ...options })
  }, 60_000)

  afterAll(async () => {
    await aws?.close()
    await rm(dataDirectory, { recursive: true, force: true })
  })

  return {
    get apiUrl() {
      return aws.apiUrl
    },
    get s3Url() {
      return aws.s3Url
    },
    get issuerUrl() {
      return aws.issuerUrl ?? ''
    },
    issueCredentials: (options) => aws.issueCredentials(options),
  }
}

export interface Call {
  path?: Record<string, string>
  query?: Record<string, string>
  /** Sent as JSON, or as it stands where it is a string. */
  body?: unknown
  /** Of a caller who signed in. */
  token?: string
}

export interface Answer {
  status: number
  contentType: string | null
  body: unknown
}

/** One request to the API, and whatever it answers. */
export async function call(apiUrl: string, { method, path }: Route, request: Call = {}): Promise<Answer> {
  const url = new URL(
    path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(request.path?.[name] ?? '')),
    apiUrl,
  )
  url.search = new URLSearchParams(request.query).toString()
  const { body, token } = request
  const response = await fetch(url, {
    method,
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** One request that has to succeed, with its answer held to the route's schema. */
export async function ask<S extends v.GenericSchema>(
  apiUrl: string,
  route: Route & { response: S },
  request: Call = {},
): Promise<v.InferOutput<S>> {
  const { status, body } = await call(apiUrl, route, request)
  if (status !== route.status)
    throw new Error(`Expected ${route.status}, got ${status}: ${JSON.stringify(body)}`)
  return v.parse(route.response, body)
}
