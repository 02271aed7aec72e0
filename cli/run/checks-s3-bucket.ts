import { putOrigins } from '../../client/node/s3/get-bucket-cors.ts'
import { abortDate, abortRules } from '../../client/node/s3/lifecycle.ts'
import { BUCKET_CORS, type Check, failed, notChecked, ok } from './check.ts'
import { lifecycleCommand } from './mending.ts'
import { probeKey, type S3Subject, tried } from './s3-subject.ts'

/** What the bucket's own rules say, where they may be read. */
export async function* bucketRules(subject: S3Subject): AsyncGenerator<Check> {
  yield await lifecycle(subject)
  if (subject.origin === undefined) yield await corsRules(subject)
}

async function lifecycle(subject: S3Subject): Promise<Check> {
  const { store, signal } = subject
  const rules = await tried('lifecycle', 's3:GetLifecycleConfiguration', '', () =>
    abortRules(store.call, signal),
  )
  if ('check' in rules) {
    return notChecked(
      'lifecycle',
      's3:GetLifecycleConfiguration is missing, so nobody knows whether a rule deletes unfinished uploads, which are billed',
    )
  }
  const date = abortDate(rules.value, probeKey(subject), store.time.now())
  if (date)
    return ok('lifecycle', `what is left unfinished today is deleted on ${date.toISOString().slice(0, 10)}`)
  const elsewhere = rules.value.map(({ prefix }) => prefix).join(', ')
  const found = elsewhere
    ? `rules hold below ${elsewhere} alone; what is unfinished elsewhere`
    : 'no rule deletes unfinished uploads; what is unfinished'
  return failed(
    'lifecycle',
    `${found} stays, and is billed, until somebody aborts it (partway clean). Add a rule; this sets it in place of all that are there:`,
    lifecycleCommand(subject),
  )
}

async function corsRules({ store, signal }: S3Subject): Promise<Check> {
  const origins = await tried(BUCKET_CORS, 's3:GetBucketCORS', '', () => putOrigins(store.call, signal))
  const tryIt = '--origin with the origin of a page tries it'
  if ('check' in origins) return notChecked(BUCKET_CORS, `the command needs none; ${tryIt}`)
  return origins.value.length > 0
    ? notChecked(BUCKET_CORS, `by its rules, pages of ${origins.value.join(', ')} may send parts; ${tryIt}`)
    : notChecked(BUCKET_CORS, `there is none, so no page may send parts. The command needs none; ${tryIt}`)
}
