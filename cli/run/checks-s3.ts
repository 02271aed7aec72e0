import { createIdentityCheck } from '../../client/node/caller-identity.ts'
import { headObject } from '../../client/node/s3/head-object.ts'
import { listMultipartUploads } from '../../client/node/s3/list-multipart-uploads.ts'
import { listObjects } from '../../client/node/s3/list-objects.ts'
import { type Check, clockCheck, failed, notChecked, ok, warning } from './check.ts'
import { bucketRules } from './checks-s3-bucket.ts'
import { examineDeeply } from './checks-s3-deep.ts'
import { examineUpload } from './checks-s3-upload.ts'
import { HopelessError, probeKey, type S3Subject, tried } from './s3-subject.ts'

/** Tries a bucket as an upload would: each permission by using it, with one byte that is thrown away at the end. */
export async function* examineS3(subject: S3Subject): AsyncGenerator<Check> {
  try {
    yield await credentials(subject)
    yield* bucket(subject)
    yield* reading(subject)
    yield* examineUpload(subject)
    yield* bucketRules(subject)
    if (subject.deep) yield* examineDeeply(subject)
  } catch (error) {
    if (!(error instanceof HopelessError)) throw error
    yield error.check
  }
}

async function credentials({ store, environment, signal }: S3Subject): Promise<Check> {
  const { session, address, place, time } = store
  const { value: used } = await required('credentials', () => session.get(signal))
  const { accessKeyId, sessionToken, expiration } = used
  const until = expiration ? `, until ${expiration.toISOString()}` : ''
  const what = `${accessKeyId}${sessionToken ? ', temporary' : ''}${until}`
  const hasSts = place.endpoint === undefined || environment.AWS_ENDPOINT_URL_STS
  if (!hasSts) return ok('credentials', what)
  const identify = createIdentityCheck(address.urlOf('/'), place.region, environment)
  const identity = await identify(used, time.now(), signal)
  if (typeof identity === 'object') return ok('credentials', `${what}, of ${identity.arn}`)
  if (identity === 'unknown')
    return warning('credentials', `${what}; AWS STS was not reached to say whose they are`)
  const advice =
    identity === 'expired'
      ? 'they have expired; renew them, such as by `aws sso login`'
      : 'AWS knows no such ones; look at the access key id and the secret'
  throw new HopelessError(failed('credentials', `${what}: ${advice}`))
}

/** Asked by nobody in particular, AWS tells a bucket's region all the same. */
async function* bucket({ store, signal }: S3Subject): AsyncGenerator<Check> {
  const { address, place } = store
  const answer = await fetch(address.urlOf(address.pathOf('')), {
    method: 'HEAD',
    redirect: 'manual',
    signal,
  }).catch((error: Error & { cause?: NodeJS.ErrnoException }) => {
    signal.throwIfAborted()
    const reason = error.cause?.code ?? error.cause?.message ?? error.message
    throw new HopelessError(
      failed('endpoint', `no answer from ${address.host} (${reason}); ${endpointAdvice(place.endpoint)}`),
    )
  })
  yield ok('endpoint', address.host)
  yield clockCheck(answer.headers.get('date'), 'the store’s', (name, detail) =>
    warning(name, `${detail}. partway signs by the store’s clock, other tools do not`),
  )
  if (answer.status === 404) {
    throw new HopelessError(
      failed(
        'bucket',
        `there is no bucket ${place.bucket} at ${address.host}; look at its name, and at the endpoint`,
      ),
    )
  }
  const region = answer.headers.get('x-amz-bucket-region')
  if (region && region !== place.region) {
    throw new HopelessError(
      failed(
        'region',
        `the bucket is in ${region}, it was looked for in ${place.region}`,
        `--region ${region}`,
      ),
    )
  }
  if (region) yield ok('region', region)
}

function endpointAdvice(endpoint: string | undefined): string {
  return endpoint === undefined
    ? 'look at --region and the network, or name another store by --endpoint-url'
    : 'look at --endpoint-url or AWS_ENDPOINT_URL_S3, and whether the store runs'
}

/** What resuming, listing and downloading need. */
async function* reading(subject: S3Subject): AsyncGenerator<Check> {
  const { store, prefix, signal } = subject
  const { call } = store
  const objects = await tried(
    'list objects',
    's3:ListBucket',
    'folders cannot be downloaded, and a missing object cannot be told from a forbidden one',
    () => listObjects(call, { prefix, limit: 1 }, signal),
  )
  yield 'check' in objects ? objects.check : ok('list objects', `below s3://${store.place.bucket}/${prefix}`)
  const uploads = await tried(
    'list uploads',
    's3:ListBucketMultipartUploads',
    'unfinished uploads cannot be listed, found again or cleaned',
    () => listMultipartUploads(call, { prefix, limit: 1 }, signal),
  )
  yield 'check' in uploads ? uploads.check : ok('list uploads', 'unfinished ones can be found')
  if ('check' in objects) {
    yield notChecked('look at objects', 'without s3:ListBucket, what is missing looks forbidden')
    return
  }
  const head = await tried(
    'look at objects',
    's3:GetObject',
    'nothing can be downloaded, and an upload whose last answer is lost cannot be settled',
    () => headObject(call, probeKey(subject), signal),
  )
  yield 'check' in head ? head.check : ok('look at objects', 'what is there, and what is not')
}

async function required<T>(name: string, work: () => Promise<T>): Promise<{ value: T }> {
  const result = await tried(name, '', '', work)
  if ('check' in result) throw new HopelessError(result.check)
  return result
}
