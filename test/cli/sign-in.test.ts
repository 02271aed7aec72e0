import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { signInAs } from '../api/oidc.ts'
import { sendJson, serve } from '../client/servers.ts'
import { openDesk } from './command.ts'

const aws = useLocalAws({ auth: 'jwt' })

test('a caller with a token sends a file and brings it back', async () => {
  const { folder, run } = await openDesk()
  const content = randomBytes(100_000)
  await writeFile(join(folder, 'film.mov'), content)
  const environment = {
    PARTWAY_API: aws.apiUrl,
    PARTWAY_TOKEN: await signInAs(aws.issuerUrl, aws.apiUrl, 'anna'),
  }

  const up = await run(['upload', 'film.mov'], environment)
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^uploads\/[a-z2-7]{26}\/.+\n$/) })
  const down = await run(['download', up.stdout.trim(), '-o', 'back.mov'], environment)
  expect(down).toMatchObject({ code: 0, stdout: `${join(folder, 'back.mov')}\n` })
  expect(await readFile(join(folder, 'back.mov'))).toEqual(content)
})

test.each([
  ['no token', {}, 'PARTWAY_TOKEN is not set'],
  ['a token that is none', { PARTWAY_TOKEN: 'x.y.z' }, 'did not take the token in PARTWAY_TOKEN'],
])('%s: the command says who signs in, and can be run again', async (_, environment, sentence) => {
  const { folder, run } = await openDesk()
  await writeFile(join(folder, 'film.mov'), 'x')
  for (const args of [
    ['upload', 'film.mov'],
    ['download', 'uploads/public/key'],
  ]) {
    const { code, stdout, stderr } = await run(args, { PARTWAY_API: aws.apiUrl, ...environment })
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' })
    expect(stderr).toContain(sentence)
    expect(stderr).toContain(`a token of the issuer ${aws.issuerUrl} for the client partway`)
    expect(stderr).toContain(`run partway login --api ${aws.apiUrl}`)
  }
})

test.each([
  ['none', {}, 'Expected AWS credentials, got none. Looked at AWS_ACCESS_KEY_ID'],
  [
    'some that it does not take',
    { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' },
    'execute-api:Invoke',
  ],
])('an API that takes AWS credentials is told apart, where there are %s', async (_, keys, sentence) => {
  const description = { version: '0.1.0', auth: 'iam', region: 'eu-west-1', maxObjectSize: 1, checksums: [] }
  const url = await serve(({ url }, response) =>
    url === '/' ? sendJson(response, 200, description) : sendJson(response, 403, { message: 'Forbidden' }),
  )
  const { folder, run } = await openDesk()
  await writeFile(join(folder, 'film.mov'), 'x')
  const environment = { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...keys }
  const { code, stderr } = await run(['upload', 'film.mov', '--api', url], environment)
  expect(code).toBe(75)
  expect(stderr).toContain(sentence)
})
