/** What problems are called: stable, for clients go by it. protocol/problems.ts says what each of them is. */
export const problemTypes = [
  'invalid-request',
  'too-many-parts',
  'key-not-yours',
  'upload-unknown',
  'object-unknown',
  'parts-missing',
  'too-large',
  'type-not-allowed',
  'checksum-mismatch',
  'internal-error',
  'store-error',
  'store-busy',
] as const

export type ProblemType = (typeof problemTypes)[number]

/** The problem's type without its prefix, `undefined` for one that this version does not know. */
export function problemType(body: { readonly type: string }): ProblemType | undefined {
  return problemTypes.find((type) => body.type.endsWith(`:${type}`))
}
