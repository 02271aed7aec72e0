import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  type S3Client,
  type Tag,
} from '@aws-sdk/client-s3'
import { callAws, queryCall } from './aws.ts'
import type { Deployed } from './cdk.ts'

/** A stack as the emulator deployed it. */
export interface EmulatedStack extends Deployed {
  readonly endpoint: string
  readonly apiId: string
  readonly s3: S3Client
}

export interface Gap {
  readonly name: string
  /** What AWS does, and what the emulator does instead. */
  readonly reason: string
  /** Whether the emulator has it still: one that it closes goes from the list. */
  isOpen(stack: EmulatedStack): Promise<boolean>
  /** Sets by API call what AWS sets at deployment. Absent where no call can. */
  close?(stack: EmulatedStack): Promise<void>
}

/** All that MiniStack drops of what AWS does with our stack. */
export const emulatorGaps: readonly Gap[] = [
  {
    name: "the HTTP API's CORS",
    reason:
      "CloudFormation hands it to API Gateway. The emulator keeps it under the template's capitalised names, looks for lower case, and so refuses every preflight.",
    isOpen: async (stack) => 'AllowOrigins' in (await corsOf(stack)),
    async close(stack) {
      const members = Object.entries(await corsOf(stack))
      const corsConfiguration = Object.fromEntries(
        members.map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
      )
      if (members.length > 0) await callApiGateway(stack, 'PATCH', { corsConfiguration })
    },
  },
  {
    name: "the bucket's lifecycle",
    reason: 'CloudFormation puts it onto the bucket. The emulator leaves it out.',
    isOpen: async ({ s3, outputs }) => {
      const Bucket = outputs.BucketName
      const failure = await failureOf(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))
      return failure === 'NoSuchLifecycleConfiguration'
    },
    async close({ s3, outputs, template }) {
      const bucket = template.Resources[template.Outputs.BucketName.Value.Ref]
      const { Rules = [] } = (bucket?.Properties?.LifecycleConfiguration ?? {}) as TemplateLifecycle
      await s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: outputs.BucketName,
          LifecycleConfiguration: {
            Rules: Rules.map(({ Id, Prefix, ...rule }) => ({ ...rule, ID: Id, Filter: { Prefix } })),
          },
        }),
      )
    },
  },
  {
    name: "buckets' tags",
    reason:
      "CloudFormation puts them onto the bucket, and the CDK's function that empties one looks for its own. The emulator leaves them out.",
    async isOpen(stack) {
      const missing = await Promise.all(
        taggedBuckets(stack).map(async ([logicalId]) => {
          const Bucket = await physicalId(stack, logicalId)
          return (await failureOf(stack.s3.send(new GetBucketTaggingCommand({ Bucket })))) === 'NoSuchTagSet'
        }),
      )
      return missing.includes(true)
    },
    async close(stack) {
      for (const [logicalId, TagSet] of taggedBuckets(stack)) {
        const Bucket = await physicalId(stack, logicalId)
        await stack.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }))
      }
    },
  },
  {
    name: 'the date on which S3 will abort an upload',
    reason: 'S3 tells it with every multipart upload that a lifecycle rule covers. The emulator never does.',
    isOpen: async (stack) => (await createUpload(stack)).AbortDate === undefined,
  },
  {
    name: 'the checksum of a whole multipart object',
    reason:
      'S3 combines it from the parts and compares it at Complete. The emulator knows composite checksums only, so that initiate promises none and clients verify by size.',
    isOpen: async (stack) => (await createUpload(stack)).ChecksumType !== 'FULL_OBJECT',
  },
]

/** What Lambda's runtimes have by themselves and the emulator's have not: an environment variable brings it. */
export const runtimeGaps = [
  {
    name: "the SDK in Lambda's Node",
    reason: 'The CDK empties buckets that go with their stack by a function without an SDK of its own.',
    variable: 'NODE_PATH',
    value: join(import.meta.dirname, '../../node_modules'),
  },
  {
    name: 'layers under /opt',
    reason: "The CDK's function that copies the page's files calls an AWS CLI there.",
    variable: 'PYTHONPATH',
    value: join(import.meta.dirname, 'runtime'),
  },
] as const

/** What `cdk diff` shows right after a deploy because the emulator dropped it. */
export const droppedInDiff: readonly RegExp[] = []

/** Does what AWS would have done at deployment. */
export async function closeGaps(stack: EmulatedStack): Promise<void> {
  for (const gap of emulatorGaps) await gap.close?.(stack)
}

interface TemplateLifecycle {
  readonly Rules?: readonly (Omit<LifecycleRule, 'ID' | 'Filter'> & { Id: string; Prefix: string })[]
}

function taggedBuckets({ template }: EmulatedStack): [logicalId: string, tags: Tag[]][] {
  return Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties }]) =>
    Type === 'AWS::S3::Bucket' && Properties?.Tags ? [[logicalId, Properties.Tags as Tag[]]] : [],
  )
}

async function physicalId({ endpoint, stackName }: EmulatedStack, logicalId: string): Promise<string> {
  const parameters = { Action: 'DescribeStackResource', StackName: stackName, LogicalResourceId: logicalId }
  const answer = await callAws(endpoint, queryCall('cloudformation', '2010-05-15', parameters))
  const [, id] = /<PhysicalResourceId>([^<]+)/.exec(answer) ?? []
  if (!id) throw new Error(`Expected the stack to have a ${logicalId}, got ${answer}.`)
  return id
}

/** The name of the error that a call of S3 ends with. */
function failureOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: Error) => error.name,
  )
}

async function corsOf(stack: EmulatedStack): Promise<object> {
  return (await callApiGateway(stack, 'GET')).corsConfiguration ?? {}
}

async function callApiGateway(
  { endpoint, apiId }: EmulatedStack,
  method: string,
  body?: object,
): Promise<{ corsConfiguration?: object }> {
  const path = `/v2/apis/${apiId}`
  const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return JSON.parse(await callAws(endpoint, { service: 'apigateway', method, path, ...(body && json) }))
}

/** As initiate does; what it answers. */
async function createUpload({ s3, outputs }: EmulatedStack) {
  const place = { Bucket: outputs.BucketName, Key: 'uploads/public/gaps' }
  const created = await s3.send(
    new CreateMultipartUploadCommand({
      ...place,
      ChecksumAlgorithm: 'CRC64NVME',
      ChecksumType: 'FULL_OBJECT',
    }),
  )
  await s3.send(new AbortMultipartUploadCommand({ ...place, UploadId: created.UploadId }))
  return created
}
