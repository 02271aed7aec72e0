/** What the page of the fault suite is told, and what it tells. */
export interface PageErrand {
  readonly apiUrl: string
  readonly concurrency: number
  readonly partSize: number
}

export interface PageReport {
  readonly outcome:
    | { readonly result: { key: string; size: number; verified: 'checksum' | 'etag' | 'size' } }
    | { readonly error: { name: string; message: string; resumable: boolean } }
  readonly cuts: [string, { error: string; after: number }][]
}
