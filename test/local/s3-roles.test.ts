import { describe, expect, test } from 'vitest'
import type { Principal } from '../../local/s3/server.ts'
import { BUCKET, type RawRequest, root, startTestS3 } from './s3-harness.ts'

const bucket = `arn:aws:s3:::${BUCKET}`
const object = `${bucket}/uploads/film`
const path = '/films/uploads/film'
const uploadId: [string, string] = ['uploadId', 'unknown']

/** What each operation asks IAM, and what it answers once it is allowed. */
const operations: [name: string, request: RawRequest, action: string, resource: string, status: number][] = [
  ['ListBuckets', { path: '/' }, 's3:ListAllMyBuckets', '*', 200],
  ['CreateBucket', { method: 'PUT', path: '/other' }, 's3:CreateBucket', 'arn:aws:s3:::other', 200],
  ['HeadBucket', { method: 'HEAD', path: '/films' }, 's3:ListBucket', bucket, 200],
  ['GetBucketLocation', { path: '/films', query: [['location', '']] }, 's3:GetBucketLocation', bucket, 200],
  [
    'PutBucketCors',
    { method: 'PUT', path: '/films', query: [['cors', '']] },
    's3:PutBucketCORS',
    bucket,
    400,
  ],
  ['GetBucketCors', { path: '/films', query: [['cors', '']] }, 's3:GetBucketCORS', bucket, 404],
  [
    'PutBucketLifecycleConfiguration',
    { method: 'PUT', path: '/films', query: [['lifecycle', '']] },
    's3:PutLifecycleConfiguration',
    bucket,
    400,
  ],
  [
    'GetBucketLifecycleConfiguration',
    { path: '/films', query: [['lifecycle', '']] },
    's3:GetLifecycleConfiguration',
    bucket,
    404,
  ],
  ['ListObjectsV2', { path: '/films', query: [['list-type', '2']] }, 's3:ListBucket', bucket, 200],
  ['ListObjects', { path: '/films' }, 's3:ListBucket', bucket, 200],
  [
    'ListMultipartUploads',
    { path: '/films', query: [['uploads', '']] },
    's3:ListBucketMultipartUploads',
    bucket,
    200,
  ],
  ['PutObject', { method: 'PUT', path }, 's3:PutObject', object, 200],
  ['DeleteObject', { method: 'DELETE', path }, 's3:DeleteObject', object, 204],
  ['CreateMultipartUpload', { method: 'POST', path, query: [['uploads', '']] }, 's3:PutObject', object, 200],
  [
    'UploadPart',
    { method: 'PUT', path, query: [['partNumber', '1'], uploadId] },
    's3:PutObject',
    object,
    404,
  ],
  ['ListParts', { path, query: [uploadId] }, 's3:ListMultipartUploadParts', object, 404],
  ['CompleteMultipartUpload', { method: 'POST', path, query: [uploadId] }, 's3:PutObject', object, 404],
  [
    'AbortMultipartUpload',
    { method: 'DELETE', path, query: [uploadId] },
    's3:AbortMultipartUpload',
    object,
    404,
  ],
]

/** A principal that may do what the test says, and remembers what was asked. */
function rolePrincipal() {
  const asked: string[] = []
  const allowed = new Set<string>()
  const role: Principal = {
    accessKeyId: 'role',
    secretAccessKey: 'secret',
    allows: (action, resource) => {
      asked.push(`${action} ${resource}`)
      return allowed.has(`${action} ${resource}`)
    },
  }
  return { role, asked, allowed }
}

async function start() {
  const principal = rolePrincipal()
  const s3 = await startTestS3({ findPrincipal: (id) => (id === 'role' ? principal.role : root) })
  const as = (request: RawRequest) => s3.fetch({ ...request, credentials: principal.role })
  return { ...principal, s3, as }
}

describe('a role', () => {
  test.each(operations)(
    'needs for %s one action, and this one alone',
    async (_, request, action, resource, status) => {
      const { as, asked, allowed } = await start()
      const denied = await as(request)
      expect(denied.status).toBe(403)
      expect(asked).toEqual([`${action} ${resource}`])
      if (request.method !== 'HEAD') {
        expect(denied.code).toBe('AccessDenied')
        expect(denied.text).toContain(
          `User: role is not authorized to perform: ${action} on resource: &#34;${resource}&#34;`,
        )
      }
      allowed.add(`${action} ${resource}`)
      expect((await as(request)).status).toBe(status)
    },
  )

  test.each(['GET', 'HEAD'])('that may %s but not list learns of no missing object', async (method) => {
    const { as, allowed, s3 } = await start()
    allowed.add(`s3:GetObject ${object}`)
    expect((await as({ method, path })).status).toBe(403)
    allowed.add(`s3:ListBucket ${bucket}`)
    expect((await as({ method, path })).status).toBe(404)
    allowed.delete(`s3:ListBucket ${bucket}`)
    await s3.fetch({ method: 'PUT', path, body: 'x' })
    expect((await as({ method, path })).status).toBe(200)
    allowed.clear()
    expect((await as({ method, path })).status).toBe(403)
  })

  test('deletes in bulk what it may delete, and hears about the rest', async () => {
    const { as, allowed, s3 } = await start()
    for (const key of ['a', 'b']) await s3.fetch({ method: 'PUT', path: `/films/${key}`, body: key })
    allowed.add(`s3:DeleteObject ${bucket}/a`)
    const body = '<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>'
    const answer = await as({ method: 'POST', path: '/films', query: [['delete', '']], body })
    expect(answer.text).toContain(
      '<Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>',
    )
    expect((await s3.fetch({ path: '/films/b' })).text).toBe('b')
  })
})
