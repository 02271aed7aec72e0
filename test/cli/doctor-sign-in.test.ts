import { describe, expect, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { signInAs } from '../api/oidc.ts'
import { openDesk } from './command.ts'

describe('the doctor of an API with auth jwt', () => {
  const aws = useLocalAws({ auth: 'jwt' })

  test('says how to sign in, and tries nothing more', async () => {
    const { run } = await openDesk()
    const { code, stdout } = await run(['doctor', '--api', aws.apiUrl])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^FAILED {2}sign-in .*It takes signed-in callers only, .*partway login --api/m)
    expect(stdout).not.toContain('initiate')
  })

  test('says what it takes, and until when', async () => {
    const { run } = await openDesk()
    const PARTWAY_TOKEN = await signInAs(aws.issuerUrl, aws.apiUrl, 'anna')
    const { code, stdout } = await run(['doctor', '--api', aws.apiUrl], { PARTWAY_TOKEN })
    expect(stdout).toMatch(/^ok {6}sign-in {13}it takes the token in PARTWAY_TOKEN, until \d{4}-.*Z$/m)
    expect(code).toBe(0)
  })
})

describe('the doctor of an API with auth iam', () => {
  const aws = useLocalAws({ auth: 'iam' })

  test('says that it takes the AWS credentials, or which permission they lack', async () => {
    const { run } = await openDesk()
    const may = (Action: string) => [{ Effect: 'Allow', Action, Resource: '*' }]
    const as = ({
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    }: ReturnType<typeof aws.issueCredentials>) => ({
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    })
    const granted = aws.issueCredentials({ name: 'anna', seconds: 600 })
    const well = await run(['doctor', '--api', aws.apiUrl], as(granted))
    expect(well.stdout).toMatch(/^ok {6}sign-in {13}it takes these AWS credentials$/m)
    expect(well.code).toBe(0)

    const statements = may('s3:GetObject')
    const others = aws.issueCredentials({ name: 'berta', seconds: 600, statements })
    const refused = await run(['doctor', '--api', aws.apiUrl], as(others))
    expect(refused.stdout).toMatch(/^FAILED {2}sign-in .*execute-api:Invoke/m)
    expect(refused.code).toBe(1)
  })
})
