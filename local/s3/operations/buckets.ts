import { type Answer, type BucketCall, type NewBucketCall, type ServiceCall, xmlAnswer } from '../call.ts'
import { readDocumentText } from '../document.ts'
import { S3Error } from '../errors.ts'
import { Integrity } from '../integrity.ts'
import { assertSupported } from '../object-headers.ts'
import { parseXml, renderXml, text } from '../xml.ts'

/** The region whose name S3 leaves out, and where creating one's own bucket again succeeds. */
const FIRST_REGION = 'us-east-1'

export const OWNER = { ID: 'partway', DisplayName: 'partway' }

export async function listBuckets({ endpoint }: ServiceCall): Promise<Answer> {
  const buckets = endpoint.store.buckets().map(({ record }) => ({
    Name: record.name,
    CreationDate: new Date(record.created).toISOString(),
  }))
  return xmlAnswer(renderXml('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket: buckets } }))
}

export async function createBucket(call: NewBucketCall): Promise<Answer> {
  const { bucketName, endpoint, headers } = call
  assertSupported(headers)
  assertBucketName(bucketName)
  await assertLocation(call)
  const exists = endpoint.store.find(bucketName) !== undefined
  if (!exists || endpoint.region !== FIRST_REGION) {
    await endpoint.store.create(bucketName, endpoint.now().getTime())
  }
  return { status: 200, headers: { location: `/${bucketName}` } }
}

export async function headBucket({ endpoint }: BucketCall): Promise<Answer> {
  return { status: 200, headers: { 'x-amz-bucket-region': endpoint.region } }
}

export async function getBucketLocation({ endpoint }: BucketCall): Promise<Answer> {
  return xmlAnswer(renderXml('LocationConstraint', endpoint.region === FIRST_REGION ? '' : endpoint.region))
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function assertBucketName(name: string): void {
  const labels = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
  const address = /^\d+\.\d+\.\d+\.\d+$/
  if (name.length >= 3 && name.length <= 63 && labels.test(name) && !address.test(name)) return
  throw new S3Error('InvalidBucketName', undefined, { BucketName: name })
}

async function assertLocation(call: NewBucketCall): Promise<void> {
  const document = await readDocumentText(call, new Integrity(call.headers))
  if (document === '') return
  const location = text(parseXml(document, 'CreateBucketConfiguration'), 'LocationConstraint')
  if (location === undefined || location === '' || location === call.endpoint.region) return
  throw new S3Error(
    'IllegalLocationConstraintException',
    `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  )
}
