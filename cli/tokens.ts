import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { bearerToken, claimsOf, type TokenAnswer } from '../client/bearer-token.ts'

const Kept = v.object({
  /** The API that it is for. */
  api: v.string(),
  issuer: v.string(),
  clientId: v.string(),
  /** What calls of the API bear. */
  token: v.string(),
  /** Of the token; absent where nobody says. */
  expiresAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  refreshToken: v.optional(v.string()),
  /** Whom the issuer took it for, as far as it says. */
  name: v.optional(v.string()),
})

/** What a sign-in leaves behind. */
export type KeptTokens = v.InferOutput<typeof Kept>

export interface TokenStore {
  /** @returns `undefined` where nobody is signed in, or what is kept cannot be read */
  read(api: string): Promise<KeptTokens | undefined>
  write(tokens: KeptTokens): Promise<void>
  /** @returns whether there were any */
  remove(api: string): Promise<boolean>
}

/**
 * A file for each API, which nobody else on the machine can read.
 * @param folder where the command keeps what it remembers
 */
export function tokenStore(folder: string): TokenStore {
  const own = join(folder, 'tokens')
  const pathOf = (api: string) =>
    join(own, `${createHash('sha256').update(api).digest('hex').slice(0, 32)}.json`)
  return {
    async read(api) {
      const text = await readFile(pathOf(api), 'utf8').catch(() => '{}')
      const read = v.safeParse(v.pipe(v.string(), v.parseJson(), Kept), text)
      return read.success && read.output.api === api ? read.output : undefined
    },
    async write(tokens) {
      await mkdir(own, { recursive: true, mode: 0o700 })
      // Another command that reads meanwhile gets the whole of the one or of the other.
      const draft = join(own, `.${randomUUID()}`)
      try {
        await writeFile(draft, JSON.stringify(tokens), { mode: 0o600, flush: true })
        await rename(draft, pathOf(tokens.api))
      } finally {
        await rm(draft, { force: true })
      }
    },
    async remove(api) {
      const there = (await this.read(api)) !== undefined
      await rm(pathOf(api), { force: true })
      return there
    },
  }
}

/** The API as its tokens are kept under: without a slash at the end. */
export function apiName(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname.replace(/\/+$/, '')
}

/** What an issuer's answer is kept as. @param before whose refresh token and name stand, where the answer has no others */
export function keep(
  answer: TokenAnswer & {
    readonly refresh_token?: string | undefined
    readonly expires_in?: number | undefined
  },
  before: Pick<KeptTokens, 'api' | 'issuer' | 'clientId' | 'refreshToken' | 'name'>,
): KeptTokens {
  const token = bearerToken(answer, before.clientId)
  const refreshToken = answer.refresh_token ?? before.refreshToken
  const expiresAt = endOf(token, answer.expires_in)
  const name = nameIn(answer.id_token) ?? before.name
  return {
    api: before.api,
    issuer: before.issuer,
    clientId: before.clientId,
    token,
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(refreshToken && { refreshToken }),
    ...(name && { name }),
  }
}

/** @param expiresIn seconds, of an access token that does not tell itself */
function endOf(token: string, expiresIn: number | undefined): Date | undefined {
  const { exp } = claimsOf(token)
  if (typeof exp === 'number') return new Date(exp * 1000)
  return expiresIn === undefined ? undefined : new Date(Date.now() + expiresIn * 1000)
}

function nameIn(idToken: string | undefined): string | undefined {
  const { name, preferred_username, email, sub } = claimsOf(idToken ?? '')
  return [name, preferred_username, email, sub].find((text) => typeof text === 'string')
}
