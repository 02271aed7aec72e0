/** Where each operation of the HTTP API is, without its schemas: all that a client needs to call it. */
export interface Path {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With parameters in braces, as API Gateway writes them. */
  readonly path: string
  /** Of the answer where all went well. */
  readonly status: number
  /** Answered without authorization. */
  readonly public?: boolean
}

export const paths = {
  describe: { method: 'GET', path: '/', status: 200, public: true },
  initiate: { method: 'POST', path: '/uploads', status: 201 },
  presign: { method: 'POST', path: '/uploads/{uploadId}/presign', status: 200 },
  'list-parts': { method: 'GET', path: '/uploads/{uploadId}/parts', status: 200 },
  complete: { method: 'POST', path: '/uploads/{uploadId}/complete', status: 200 },
  abort: { method: 'DELETE', path: '/uploads/{uploadId}', status: 204 },
  'list-uploads': { method: 'GET', path: '/uploads', status: 200 },
  'list-objects': { method: 'GET', path: '/objects', status: 200 },
  download: { method: 'POST', path: '/downloads', status: 200 },
} as const satisfies Record<string, Path>
