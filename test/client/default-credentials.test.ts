import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { CredentialsError } from '../../client/node/s3/credentials.ts'
import { defaultCredentials } from '../../client/node/s3/default-credentials.ts'
import { defaultRegion } from '../../client/node/s3/profiles.ts'
import { readBody, sendJson, serve, temporaryFolder } from './servers.ts'

/** Where credentials come from, with the AWS SDK's own chain: it reads the process's environment, so each test has one of its own. */

let home: string
beforeEach(async () => {
  vi.unstubAllEnvs()
  home = await temporaryFolder()
  await mkdir(join(home, '.aws'))
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})

const write = (name: 'config' | 'credentials', text: string) => writeFile(join(home, '.aws', name), text)
const soon = () => new Date(Date.now() + 3_600_000).toISOString()

describe('the keys of a profile are read without the SDK', () => {
  const none = async () => {
    throw new Error('Expected no SDK to be loaded.')
  }

  test('in both files, of which the credentials file counts', async () => {
    await write('config', '[profile work]\naws_access_key_id = A\naws_secret_access_key = s\n')
    await write('credentials', '[work]\naws_access_key_id = B\n')
    expect(await defaultCredentials('work', process.env, none)()).toEqual({
      accessKeyId: 'B',
      secretAccessKey: 's',
    })
  })

  test('anew each time', async () => {
    const keys = (id: string) => `[default]\naws_access_key_id=${id}\naws_secret_access_key=s\n`
    await write('credentials', keys('OLD'))
    const provider = defaultCredentials(undefined, process.env, none)
    await provider()
    await write('credentials', keys('FRESH'))
    expect(await provider({ forceRefresh: true })).toMatchObject({ accessKeyId: 'FRESH' })
  })
})

test('a process that a profile names is run, and again when its credentials are refused', async () => {
  const script = join(home, 'mint.mjs')
  const count = join(home, 'count')
  await writeFile(
    script,
    `import { appendFileSync, readFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(count)}, 'x')
const AccessKeyId = 'ASIA' + readFileSync(${JSON.stringify(count)}, 'utf8').length
console.log(JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey: 's', SessionToken: 't', Expiration: '${soon()}' }))`,
  )
  await write('config', `[profile mint]\ncredential_process = ${process.execPath} ${script}\n`)
  const provider = defaultCredentials('mint')
  expect(await provider()).toMatchObject({
    accessKeyId: 'ASIA1',
    sessionToken: 't',
    expiration: expect.any(Date),
  })
  expect(await provider()).toMatchObject({ accessKeyId: 'ASIA1' })
  expect(await provider({ forceRefresh: true })).toMatchObject({ accessKeyId: 'ASIA2' })
})

test('a profile that changes its source while it is waited for is read again', async () => {
  await write('config', '[profile work]\nregion = eu-west-1\n')
  const provider = defaultCredentials('work')
  await expect(provider()).rejects.toThrow(CredentialsError)
  const script = join(home, 'mint.mjs')
  await writeFile(script, `console.log('{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s"}')`)
  await write('config', `[profile work]\ncredential_process = ${process.execPath} ${script}\n`)
  expect(await provider({ forceRefresh: true })).toMatchObject({ accessKeyId: 'ASIA1' })
})

test('an SSO session that is renewed while it is waited for is read again', async () => {
  const portal = await serve(({ headers, url }, response) => {
    if (headers['x-amz-sso_bearer_token'] !== 'fresh') return sendJson(response, 401, { message: 'no' })
    const roleCredentials = { accessKeyId: 'ASIASSO', secretAccessKey: 's', sessionToken: 't' }
    expect(url).toContain('role_name=Films')
    sendJson(response, 200, { roleCredentials: { ...roleCredentials, expiration: Date.now() + 3_600_000 } })
  })
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', portal)
  await write(
    'config',
    `[profile sso]
sso_session = house
sso_account_id = 111122223333
sso_role_name = Films
[sso-session house]
sso_start_url = https://house.awsapps.com/start
sso_region = eu-west-1
`,
  )
  const provider = defaultCredentials('sso')
  await expect(provider()).rejects.toThrow(/profile sso, got none\. .*aws sso login/s)
  const cache = join(home, '.aws', 'sso', 'cache')
  await mkdir(cache, { recursive: true })
  const name = createHash('sha1').update('house').digest('hex')
  const token = { startUrl: 'https://house.awsapps.com/start', accessToken: 'fresh', expiresAt: soon() }
  await writeFile(join(cache, `${name}.json`), JSON.stringify(token))
  expect(await provider({ forceRefresh: true })).toMatchObject({ accessKeyId: 'ASIASSO', sessionToken: 't' })
})

test('a role is assumed with the keys of another profile, whatever keys of its own the profile has', async () => {
  const sts = await serve(async (request, response) => {
    expect((await readBody(request)).toString()).toContain('RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Ffilms')
    response.writeHead(200, { 'content-type': 'text/xml' }).end(
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>${soon()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    )
  })
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts)
  await write('config', '[profile role]\nrole_arn = arn:aws:iam::1:role/films\nsource_profile = default\n')
  const keys = (id: string) => `aws_access_key_id = ${id}\naws_secret_access_key = s\n`
  await write('credentials', `[default]\n${keys('A')}[role]\n${keys('B')}`)
  expect(await defaultCredentials('role')()).toMatchObject({ accessKeyId: 'ASIAROLE' })
})

describe('an instance’s role', () => {
  test('is found, where there is nothing nearer', async () => {
    const metadata = await serve(({ url, method }, response) => {
      if (method === 'PUT') return response.end('token')
      if (url?.endsWith('/security-credentials/')) return response.end('films')
      const Code = 'Success'
      return sendJson(response, 200, {
        Code,
        AccessKeyId: 'ASIAEC2',
        SecretAccessKey: 's',
        Token: 't',
        Expiration: soon(),
      })
    })
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', metadata)
    expect(await defaultCredentials()()).toMatchObject({ accessKeyId: 'ASIAEC2', sessionToken: 't' })
  })

  test('is looked for no longer than two seconds where nobody answers', async () => {
    const asked = Promise.withResolvers<number>()
    const silent = await serve(() => asked.resolve(performance.now()))
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', silent)
    await expect(defaultCredentials()()).rejects.toThrow(CredentialsError)
    expect(performance.now() - (await asked.promise)).toBeLessThan(3_500)
  })

  test('is not looked for where keys are at hand', async () => {
    const asked: string[] = []
    const metadata = await serve(({ url = '' }, response) => {
      asked.push(url)
      response.end()
    })
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', metadata)
    await write('credentials', '[default]\naws_access_key_id = A\naws_secret_access_key = s\n')
    await defaultCredentials()()
    expect(asked).toEqual([])
  })
})

describe('where there are none, the error says', () => {
  test('where was looked, and what to do', async () => {
    const message = await messageOf(defaultCredentials()())
    expect(message).toContain(join(home, '.aws', 'credentials'))
    expect(message).toMatch(
      /^Expected AWS credentials, got none\. Looked at AWS_ACCESS_KEY_ID.*instance.*aws sso login/s,
    )
  })

  test('which profiles there are in place of a misspelt one', async () => {
    await write('config', '[profile work]\nregion = eu-west-1\n[sso-session house]\n')
    await write('credentials', '[default]\naws_access_key_id = A\naws_secret_access_key = s\n')
    expect(await messageOf(defaultCredentials('wrok')())).toMatch(
      /^Expected the profile wrok in .*: those there are work, default\. Name one/,
    )
    vi.stubEnv('AWS_PROFILE', 'home')
    expect(await messageOf(defaultCredentials()())).toMatch(/^Expected the profile home in /)
  })

  test('that the SDK is missing, where it is', async () => {
    await write('config', '[profile sso]\nsso_session = house\n')
    const message = await messageOf(defaultCredentials('sso', process.env, async () => undefined)())
    expect(message).toMatch(/@aws-sdk\/credential-provider-node, which SSO.*npm install it/)
  })
})

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(CredentialsError)
  return (error as CredentialsError).message
}

test('the region is the environment’s, or the profile’s in the config file, or us-east-1', async () => {
  await write('config', '[default]\nregion = eu-west-1\n[profile work]\nregion=ap-south-1 # near\n')
  expect(defaultRegion(undefined)).toBe('eu-west-1')
  expect(defaultRegion('work')).toBe('ap-south-1')
  expect(defaultRegion('other')).toBe('us-east-1')
  vi.stubEnv('AWS_PROFILE', 'work')
  expect(defaultRegion(undefined)).toBe('ap-south-1')
  vi.stubEnv('AWS_DEFAULT_REGION', 'ap-south-2')
  expect(defaultRegion('work')).toBe('ap-south-2')
  vi.stubEnv('AWS_REGION', 'ap-south-3')
  expect(defaultRegion('work')).toBe('ap-south-3')
})
