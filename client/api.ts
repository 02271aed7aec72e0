export interface ApiOptions {
  /** Where the API is, with its stage's path if it has one. */
  readonly url: string | URL
  /** Added to every call, such as `authorization`; asked anew for each. */
  readonly headers?: () => Record<string, string> | Promise<Record<string, string>>
}
