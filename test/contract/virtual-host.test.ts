import { GetObjectCommand, S3 } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect } from 'vitest'
import { contract } from './contract.ts'
import { send } from './http.ts'

contract('the bucket may stand in the Host header', async ({ s3, Bucket, engine }) => {
  await s3.putObject({ Bucket, Key: 'virtual/a b', Body: 'found' })
  const { region, credentials } = engine
  const endpoint = engine.endpoint && `http://localhost:${new URL(engine.endpoint).port}`
  const virtual = new S3({ region, credentials, ...(endpoint && { endpoint }) })
  const url = new URL(await getSignedUrl(virtual, new GetObjectCommand({ Bucket, Key: 'virtual/a b' })))
  expect(url.hostname.startsWith(`${Bucket}.`)).toBe(true)

  const { host } = url
  const address = new URL(url.pathname + url.search, engine.endpoint ?? url).href
  expect(await send(address, { headers: { host } })).toMatchObject({ status: 200, body: 'found' })
})
