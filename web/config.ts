/** What the page is told where it is served, by the file `config.json` beside it. */
export interface PageConfig {
  /** Where the API is, seen from the page. */
  readonly api: string
  readonly auth: 'none' | 'iam' | 'jwt' | 'cognito'
  /** Who signs people in, where auth is by token. */
  readonly issuer?: string
  /** As whom the page asks the issuer. */
  readonly clientId?: string
}

/** @throws {Error} where there is no such file, or no JSON in it */
export async function readConfig(): Promise<PageConfig> {
  const response = await fetch('/config.json')
  if (!response.ok) throw new Error(`Expected /config.json, got ${response.status}.`)
  return response.json()
}
