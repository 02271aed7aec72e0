import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { approveDevice } from '../api/oidc.ts'
import { serve } from '../client/servers.ts'
import { folderWithFilm, writeCredentials } from './expiring.ts'
import { begin } from './under-way.ts'

/** Whatever a caller is known by ends midway: that is a pause, in a real process, which goes on by itself. */

/** Longer than what ends lives. */
const SLOWLY = ['--bandwidth-limit', '2MiB']
const SECONDS = 4
/** Each starts some processes, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 })

describe('AWS credentials of the shared file', () => {
  const aws = useLocalAws({ auth: 'iam' })
  const issue = (seconds: number) => aws.issueCredentials({ name: 'anna', seconds })

  async function pause(folder: string, args: string[], environment: Record<string, string>) {
    await writeCredentials(folder, issue(SECONDS))
    const run = begin(folder, args, { AWS_EC2_METADATA_DISABLED: 'true', ...environment })
    await run.says(/Expected live AWS credentials.*goes on by itself/s)
    await writeCredentials(folder, issue(3600))
    return run.ended
  }

  test('that sign the calls of an API', async () => {
    const { folder, film } = await folderWithFilm()
    // The gateway says Forbidden, whatever the reason; STS says why.
    const sts = await serve((_, response) => response.writeHead(403).end('<Code>ExpiredToken</Code>'))
    const environment = { PARTWAY_API: aws.apiUrl, AWS_ENDPOINT_URL_STS: sts }
    const up = await pause(folder, ['upload', 'film.mov', ...SLOWLY], environment)
    expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^uploads\//) })
    const down = await begin(folder, ['download', up.stdout.trim(), '-o', 'back.mov'], environment).ended
    expect(down.code).toBe(0)
    expect((await readFile(join(folder, 'back.mov'))).equals(film)).toBe(true)
  })
})

describe('the token of a sign-in', () => {
  const aws = useLocalAws({ auth: 'jwt', tokenSeconds: SECONDS })

  async function logIn(folder: string): Promise<void> {
    const login = begin(folder, ['login', '--api', aws.apiUrl], {})
    const [, url = ''] = await login.says(/or open (\S+)\./)
    await approveDevice(url, 'anna')
    expect((await login.ended).code).toBe(0)
  }

  test('is renewed without asking, for as long as the issuer does that', async () => {
    const { folder } = await folderWithFilm()
    await logIn(folder)
    const up = await begin(folder, ['upload', 'film.mov', '--api', aws.apiUrl, ...SLOWLY], {}).ended
    expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^uploads\//) })
    expect(up.stderr).not.toContain('partway login')
  })

  test('is waited for where the issuer wants to see the person, who signs in in another terminal', async () => {
    const { folder } = await folderWithFilm()
    await logIn(folder)
    const up = begin(folder, ['upload', 'film.mov', '--api', aws.apiUrl, ...SLOWLY], {})
    await up.says(/sending/)
    const tokens = join(folder, '.state', 'tokens')
    const [name = ''] = await readdir(tokens)
    const kept = JSON.parse(await readFile(join(tokens, name), 'utf8'))
    await writeFile(join(tokens, name), JSON.stringify({ ...kept, refreshToken: 'withdrawn' }))
    await up.says(/Run partway login --api \S+ in another terminal: it goes on by itself then/)
    await logIn(folder)
    expect(await up.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^uploads\//) })
  })
})
