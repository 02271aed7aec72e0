import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { signRequest } from '../../signing/request.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { temporaryFolder } from '../client/servers.ts'
import { folderWithFilm, writeCredentials } from './expiring.ts'
import { begin } from './under-way.ts'

/** Whatever a caller is known by ends midway: that is a pause, in a real process, which goes on by itself. */

/** Longer than what ends lives. */
const SLOWLY = ['--bandwidth-limit', '3MiB']
const SECONDS = 2
/** Each starts some processes, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 })

describe('AWS credentials of the shared file', () => {
  const aws = useLocalAws()
  const issue = (seconds: number) => aws.issueCredentials({ name: 'anna', seconds })

  async function createBucket(name: string): Promise<void> {
    const url = `${aws.s3Url}/${name}`
    const headers = signRequest({ method: 'PUT', url, credentials: ROOT_CREDENTIALS, region: 'us-east-1' })
    expect((await fetch(url, { method: 'PUT', headers })).status).toBe(200)
  }

  async function pause(
    folder: string,
    args: string[],
    environment: Record<string, string>,
    seconds = SECONDS,
  ) {
    await writeCredentials(folder, issue(seconds))
    const run = begin(folder, args, { AWS_EC2_METADATA_DISABLED: 'true', ...environment })
    await run.says(/Expected live AWS credentials.*goes on by itself/s)
    await writeCredentials(folder, issue(3600))
    return run.ended
  }

  test('that sign what goes straight to S3, and what comes from there', async () => {
    await createBucket('films')
    const { folder, film } = await folderWithFilm()
    const place = ['--endpoint-url', aws.s3Url, '--part-size', '5MiB', '--concurrency', '1', ...SLOWLY]
    const up = await pause(folder, ['upload', 'film.mov', 's3://films/a/film.mov', ...place], {})
    expect(up.code).toBe(0)
    expect(up.stderr.match(/Expected live AWS credentials/g)).toHaveLength(1)
    const slowly = ['--concurrency', '1', ...SLOWLY]
    const back = ['download', 's3://films/a/film.mov', 'back.mov', '--endpoint-url', aws.s3Url, ...slowly]
    const down = await pause(folder, back, {})
    expect(down.code).toBe(0)
    expect((await readFile(join(folder, 'back.mov'))).equals(film)).toBe(true)
  })

  test('that a list needs', async () => {
    await createBucket('lists')
    const folder = await temporaryFolder()
    const list = await pause(folder, ['list', 's3://lists', '--endpoint-url', aws.s3Url], {}, -1)
    expect(list.code).toBe(0)
  })
})
