import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { apiRegion } from '../../client/node/api-region.ts'
import { createIdentityCheck, type Identity } from '../../client/node/caller-identity.ts'
import {
  ApiError,
  type ApiSigningOptions,
  type AwsCredentials,
  apiSigner,
  createClient,
  openFile,
} from '../../client/node/index.ts'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { pseudoRandom, serve, temporaryFolder } from './servers.ts'

/** An API with auth iam: each call is signed, by the same session that calls straight to S3 have. */

const aws = useLocalAws({ auth: 'iam' })
const { signal } = new AbortController()
const TIMING = { retryBaseMs: 5, retryCapMs: 50 }
const NOT_GRANTED = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]

function open(options: Partial<ApiSigningOptions>) {
  const authorizer = apiSigner({ url: aws.apiUrl, timing: TIMING, ...options })
  const client = createClient({ url: aws.apiUrl, authorizer, timing: TIMING })
  onTestFinished(() => client.close())
  return client
}

test('a file goes and comes by signed calls, and each caller has their own', async () => {
  const folder = await temporaryFolder()
  const film = pseudoRandom(17 * MIB)
  await writeFile(join(folder, 'film ü.mov'), film)
  const client = createClient({ url: aws.apiUrl, credentials: ROOT_CREDENTIALS, state: folder })
  onTestFinished(() => client.close())
  const source = await openFile(join(folder, 'film ü.mov'))
  const { key } = await client.upload(source).result
  await source.close()
  await client.download(key, { output: join(folder, 'back') }).result
  expect((await client.api.listUploads({ limit: 1 }, signal)).uploads).toEqual([])

  const anna = open({ credentials: aws.issueCredentials({ name: 'anna', seconds: 60 }) })
  await expect(anna.api.download({ key }, signal)).rejects.toMatchObject({ type: 'key-not-yours' })
})

/** Gives these in turn, the last for ever. */
function inTurn(...all: AwsCredentials[]) {
  const asked: boolean[] = []
  const provider = async ({ forceRefresh = false } = {}) => {
    const next = all[Math.min(asked.push(forceRefresh), all.length) - 1]
    if (!next) throw new Error('Expected credentials.')
    return next
  }
  return { provider, asked }
}

const strip = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): AwsCredentials => ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
})
const issue = (seconds: number) => strip(aws.issueCredentials({ name: 'anna', seconds }))

test('credentials that have expired are waited for, and the call goes on by itself', async () => {
  const dead = issue(-1)
  const { provider, asked } = inTurn(dead, dead, dead, issue(60))
  const { api } = open({ credentials: provider, identify: async () => 'expired' })
  const waits: (string | undefined)[] = []
  api.waits?.subscribe(() => waits.push(api.waits?.current?.for))
  expect(await api.listUploads({}, signal)).toEqual({ uploads: [] })
  expect({ waits, asked }).toEqual({ waits: ['credentials', undefined], asked: [false, true, true, true] })
})

test('where AWS cannot be asked, credentials that were taken before are taken to have expired', async () => {
  const session = aws.issueCredentials({ name: 'anna', seconds: 60 })
  const { provider } = inTurn(strip(session), strip(session), issue(60))
  const { api } = open({ credentials: provider })
  await api.listUploads({}, signal)
  session.expiresAt.setTime(Date.now())
  expect(await api.listUploads({}, signal)).toEqual({ uploads: [] })
})

test.each<Identity>(['unknown', 'invalid'])(
  'those that were never taken, and of which AWS says %s, fail',
  async (identity) => {
    const { api } = open({
      credentials: { ...ROOT_CREDENTIALS, secretAccessKey: 'x' },
      identify: async () => identity,
    })
    await expect(api.listUploads({}, signal)).rejects.toMatchObject({ status: 403, resumable: true })
  },
)

test('a permission that is missing is told apart from dead credentials', async () => {
  const credentials = aws.issueCredentials({ name: 'bert', seconds: 60, statements: NOT_GRANTED })
  const { api } = open({ credentials, identify: async () => ({ arn: 'arn:aws:iam::1:user/bert' }) })
  const refused = api.listUploads({}, signal)
  await expect(refused).rejects.toThrow(ApiError)
  await expect(refused).rejects.toThrow(/403 Forbidden.*arn:aws:iam::1:user\/bert.*execute-api:Invoke/s)
})

test.each([40, -40])('a clock that is %i minutes off is no hindrance', async (minutes) => {
  const timeOfDay = () => new Date(Date.now() + minutes * 60_000)
  const { api } = open({ credentials: ROOT_CREDENTIALS, timeOfDay })
  expect(await api.listUploads({}, signal)).toEqual({ uploads: [] })
})

test.each([
  ['https://a1.execute-api.eu-west-1.amazonaws.com', {}, 'eu-west-1'],
  ['https://a1.execute-api.cn-north-1.amazonaws.com.cn/', { AWS_REGION: 'eu-west-1' }, 'cn-north-1'],
  ['https://a1-vpce-1.execute-api.eu-west-1.amazonaws.com', {}, 'eu-west-1'],
  ['https://api.example.com', { AWS_REGION: 'ap-south-1' }, 'ap-south-1'],
  ['https://api.example.com', { AWS_DEFAULT_REGION: 'ap-south-2' }, 'ap-south-2'],
  ['http://localhost:8080', {}, 'us-east-1'],
])('calls of %s, with %j, are signed for %s', (url, environment, region) => {
  expect(apiRegion(url, undefined, { AWS_CONFIG_FILE: 'nowhere', ...environment })).toBe(region)
})

const error = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`

test.each<[number, string, Identity]>([
  [200, '<Arn>arn:aws:iam::1:user/anna</Arn>', { arn: 'arn:aws:iam::1:user/anna' }],
  [403, error('ExpiredToken'), 'expired'],
  [403, error('InvalidClientTokenId'), 'invalid'],
  [403, error('SignatureDoesNotMatch'), 'invalid'],
  [400, error('Throttling'), 'unknown'],
  [403, '<html>a proxy</html>', 'unknown'],
])('what STS answers with %i %s is %j', async (status, body, identity) => {
  const asked: string[] = []
  const sts = await serve((request, response) => {
    asked.push(String(request.headers.authorization))
    response.writeHead(status).end(body)
  })
  const identify = createIdentityCheck('https://api.example.com', 'eu-west-1', {
    AWS_ENDPOINT_URL_STS: sts,
  })
  expect(await identify(ROOT_CREDENTIALS, new Date(), signal)).toEqual(identity)
  expect(asked).toEqual([expect.stringMatching(/Credential=partway\/\d{8}\/eu-west-1\/sts\/aws4_request/)])
})

test('an STS that cannot be reached says nothing', async () => {
  const identify = createIdentityCheck('https://api.example.com', 'eu-west-1', {
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
  })
  expect(await identify(ROOT_CREDENTIALS, new Date(), signal)).toBe('unknown')
})
