/** Who may sign requests, and what they may do. */
export interface Principal {
  accessKeyId: string
  secretAccessKey: string
  /** Requests must carry it, as with a role's credentials. */
  sessionToken?: string | undefined
  /** Who this is under every key: what the API's gateway tells the functions. */
  userId?: string | undefined
  /** From then on every request is answered `ExpiredToken`. */
  expiresAt?: Date | undefined
  /** IAM's question, e.g. `('s3:PutObject', 'arn:aws:s3:::bucket/key')`. */
  allows(action: string, resource: string, context: RequestContext): boolean
}

/** What conditions of a policy may ask about a request. */
export interface RequestContext {
  /** `s3:prefix`: of a listing, where it has one. */
  prefix?: string | undefined
}
