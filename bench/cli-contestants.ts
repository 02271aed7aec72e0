import { join } from 'node:path'
import { buildPartway, type Found, fromGo, libStorage, onPath } from './cli-install.ts'

const MIB = 1024 * 1024
/** What tuning means for all: so large parts, so many at once. */
const TUNED_PART_MIB = 64
const TUNED_LANES = 4

/** Where files come from and go to. */
export interface Place {
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** The commands of one tool with one set of options. */
export interface Contestant {
  readonly name: string
  upload(path: string, key: string): string[]
  download(key: string, path: string): string[]
  /** All files of a folder, below a prefix that ends in a slash; absent where it knows no folders. */
  uploadFolder?(folder: string, prefix: string): string[]
  downloadFolder?(prefix: string, folder: string): string[]
  readonly env?: NodeJS.ProcessEnv
}

export interface Field {
  readonly contestants: readonly Contestant[]
  /** Version of each tool, and why others are left out. */
  readonly notes: readonly string[]
}

/** All that are at hand, or can be had. @param folder for what they need */
export async function findContestants(place: Place, folder: string): Promise<Field> {
  const partway = await buildPartway(join(folder, 'partway'))
  const tools: [string, Found, (found: { path: string }) => Contestant[]][] = [
    ['aws', await onPath('aws', ['--version']), ({ path }) => awsCli(path, place, folder)],
    [
      'rclone',
      await fromGo('rclone', 'github.com/rclone/rclone', 'v1.76.0'),
      ({ path }) => rclone(path, place),
    ],
    ['s5cmd', await fromGo('s5cmd', 'github.com/peak/s5cmd/v2', 'v2.3.0'), ({ path }) => s5cmd(path, place)],
    ['lib-storage', await libStorage(), ({ path }) => sdk(path, place)],
  ]
  const notes = tools.map(([name, found]) =>
    'missing' in found ? `${name} is left out: ${found.missing}.` : `${name}: ${found.version}.`,
  )
  const others = tools.flatMap(([, found, contestants]) => ('missing' in found ? [] : contestants(found)))
  return { contestants: [...partways(partway, place), ...others], notes }
}

function partways(path: string, { endpoint, bucket }: Place): Contestant[] {
  const common = ['--endpoint-url', endpoint, '--quiet']
  const command = (...args: string[]) => [process.execPath, path, ...args, ...common]
  const contestant = (name: string, both: string[], up: string[]): Contestant => ({
    name,
    upload: (file, key) => command('upload', file, `s3://${bucket}/${key}`, ...both, ...up),
    download: (key, file) => command('download', `s3://${bucket}/${key}`, '--output', file, ...both),
    uploadFolder: (folder, prefix) => command('upload', `${folder}/`, `s3://${bucket}/${prefix}`, ...both),
    downloadFolder: (prefix, folder) =>
      command('download', `s3://${bucket}/${prefix}`, '--output', folder, ...both),
  })
  const lanes = ['--concurrency', String(TUNED_LANES)]
  return [
    contestant('partway', [], []),
    contestant('partway, tuned', lanes, ['--part-size', `${TUNED_PART_MIB}MiB`]),
  ]
}

function awsCli(path: string, { endpoint, bucket }: Place, folder: string): Contestant[] {
  const command = (...args: string[]) => [
    path,
    '--endpoint-url',
    endpoint,
    's3',
    'cp',
    ...args,
    '--only-show-errors',
  ]
  const contestant = (name: string, env: NodeJS.ProcessEnv): Contestant => ({
    name,
    env,
    upload: (file, key) => command(file, `s3://${bucket}/${key}`),
    download: (key, file) => command(`s3://${bucket}/${key}`, file),
    uploadFolder: (folder, prefix) => command(folder, `s3://${bucket}/${prefix}`, '--recursive'),
    downloadFolder: (prefix, folder) => command(`s3://${bucket}/${prefix}`, folder, '--recursive'),
  })
  return [
    contestant('aws s3 cp', {}),
    contestant('aws s3 cp, tuned', { AWS_CONFIG_FILE: awsConfigIn(folder) }),
  ]
}

export function awsConfigIn(folder: string): string {
  return join(folder, 'aws-config')
}

export const TUNED_AWS_CONFIG = `[default]
s3 =
  multipart_chunksize = ${TUNED_PART_MIB}MB
  max_concurrent_requests = ${TUNED_LANES}
`

function rclone(path: string, { endpoint, bucket, region, credentials }: Place): Contestant[] {
  const env = {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Ceph',
    RCLONE_CONFIG_S3_ENDPOINT: endpoint,
    RCLONE_CONFIG_S3_REGION: region,
    RCLONE_CONFIG_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const contestant = (name: string, ...flags: string[]): Contestant => ({
    name,
    env,
    upload: (file, key) => [path, 'copyto', ...flags, file, `S3:${bucket}/${key}`],
    download: (key, file) => [path, 'copyto', ...flags, `S3:${bucket}/${key}`, file],
    uploadFolder: (folder, prefix) => [path, 'copy', ...flags, folder, `S3:${bucket}/${prefix}`],
    downloadFolder: (prefix, folder) => [path, 'copy', ...flags, `S3:${bucket}/${prefix}`, folder],
  })
  const part = `${TUNED_PART_MIB}Mi`
  const lanes = String(TUNED_LANES)
  return [
    contestant('rclone'),
    contestant(
      'rclone, tuned',
      ...['--s3-chunk-size', part, '--s3-upload-concurrency', lanes],
      ...['--multi-thread-streams', lanes, '--multi-thread-chunk-size', part],
    ),
  ]
}

function s5cmd(path: string, { endpoint, bucket }: Place): Contestant[] {
  const contestant = (name: string, ...flags: string[]): Contestant => {
    const command = (...args: string[]) => [path, '--endpoint-url', endpoint, 'cp', ...flags, ...args]
    return {
      name,
      upload: (file, key) => command(file, `s3://${bucket}/${key}`),
      download: (key, file) => command(`s3://${bucket}/${key}`, file),
      uploadFolder: (folder, prefix) => command(`${folder}/`, `s3://${bucket}/${prefix}`),
      downloadFolder: (prefix, folder) => command(`s3://${bucket}/${prefix}*`, `${folder}/`),
    }
  }
  const tuned = ['--part-size', String(TUNED_PART_MIB), '--concurrency', String(TUNED_LANES)]
  return [contestant('s5cmd'), contestant('s5cmd, tuned', ...tuned)]
}

function sdk(modules: string, { endpoint, bucket }: Place): Contestant[] {
  const program = join(import.meta.dirname, 'cli-lib-storage.mjs')
  const contestant = (name: string, ...tuned: string[]): Contestant => {
    const command = (direction: string, path: string, key: string) => [
      ...[process.execPath, program, modules, direction, path, bucket, key, ...tuned],
    ]
    return {
      name,
      env: { AWS_ENDPOINT_URL: endpoint },
      upload: (file, key) => command('up', file, key),
      download: (key, file) => command('down', file, key),
    }
  }
  return [
    contestant('@aws-sdk/lib-storage'),
    contestant('@aws-sdk/lib-storage, tuned', String(TUNED_PART_MIB * MIB), String(TUNED_LANES)),
  ]
}
