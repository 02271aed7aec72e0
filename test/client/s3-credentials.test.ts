import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CredentialsError } from '../../client/node/s3/credentials.ts'
import { sharedCredentialsFile } from '../../client/node/s3/credentials-file.ts'
import { defaultCredentials } from '../../client/node/s3/default-credentials.ts'
import { temporaryFolder } from './servers.ts'

const FILE = `# of two people
[default]
aws_access_key_id = AKIADEFAULT   # the first
aws_secret_access_key=a/b+c=d#e

[ work ]
aws_access_key_id=ASIAWORK
aws_secret_access_key = secret
aws_session_token = token==
region = eu-west-1
[half]
aws_access_key_id = AKIAHALF
`

async function writtenFile(text = FILE) {
  const path = join(await temporaryFolder(), 'credentials')
  await writeFile(path, text)
  return { path, environment: { AWS_SHARED_CREDENTIALS_FILE: path } }
}

test('a profile of the shared credentials file is read: the one named, that of the environment, or default', async () => {
  const { environment } = await writtenFile()
  const first = { accessKeyId: 'AKIADEFAULT', secretAccessKey: 'a/b+c=d#e' }
  const work = { accessKeyId: 'ASIAWORK', secretAccessKey: 'secret', sessionToken: 'token==' }
  expect(await sharedCredentialsFile(undefined, environment)()).toEqual(first)
  expect(await sharedCredentialsFile('work', environment)()).toEqual(work)
  expect(await sharedCredentialsFile(undefined, { ...environment, AWS_PROFILE: 'work' })()).toEqual(work)
})

test('what is written to the file meanwhile is noticed', async () => {
  const { path, environment } = await writtenFile()
  const provider = sharedCredentialsFile(undefined, environment)
  await provider()
  await writeFile(path, FILE.replace('AKIADEFAULT', 'AKIAFRESH'))
  expect(await provider()).toMatchObject({ accessKeyId: 'AKIAFRESH' })
})

test.each([
  ['other', 'no such profile'],
  ['half', 'not both'],
])('the profile %s is told to be missing: %s', async (profile, reason) => {
  const { environment } = await writtenFile()
  const read = sharedCredentialsFile(profile, environment)()
  await expect(read).rejects.toThrow(CredentialsError)
  await expect(read).rejects.toThrow(reason)
})

test('the environment’s keys come before the file, and after a profile that is named', async () => {
  const { environment } = await writtenFile()
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
  const both = { ...environment, ...keys }
  const fromEnvironment = defaultCredentials(undefined, both)
  expect(await fromEnvironment()).toEqual({ accessKeyId: 'AKIAENV', secretAccessKey: 's', sessionToken: 't' })
  expect(fromEnvironment.fixed).toBe(true)
  expect(await defaultCredentials('work', both)()).toMatchObject({ accessKeyId: 'ASIAWORK' })
})
