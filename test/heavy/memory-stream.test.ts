import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { GIB, MIB } from '../../protocol/limits.ts'
import { temporaryFolder } from '../client/servers.ts'
import { BUCKET, root, startTestS3 } from '../local/s3-harness.ts'
import { inMebibytes, peakMemory } from './memory.ts'

const SENDER = fileURLToPath(import.meta.resolve('../client/s3-stdin.ts'))
const PEAK = import.meta.resolve('./peak-memory.ts')
const SIZE = 4 * GIB
const MOST = 256 * MIB

test.each([8, 64])(
  '4 GiB through a pipe, in parts of %i MiB, take less memory than they may',
  async (partMib) => {
    const s3 = await startTestS3({ dropPartBytes: true })
    const folder = await temporaryFolder()
    const log = join(folder, 'memory')
    const sender = `'${[process.execPath, '--import', PEAK, SENDER].join("' '")}'`
    const child = spawn('sh', ['-c', `head -c ${SIZE} /dev/zero | MEMORY_LOG='${log}' ${sender}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        ...{ S3_ENDPOINT: s3.server.url, S3_BUCKET: BUCKET, S3_KEY: 'stream', PARTWAY_STATE: folder },
        ...{ S3_ACCESS_KEY: root.accessKeyId, S3_SECRET_KEY: root.secretAccessKey },
        ...{ MAX_MEMORY: String(MOST), PART_SIZE: String(partMib * MIB) },
      },
    })
    expect(JSON.parse(await text(child.stdout))).toEqual({ size: SIZE, verified: 'checksum' })
    const peak = await peakMemory(log)
    console.log(`4 GiB in parts of ${partMib} MiB from a process of at most ${inMebibytes(peak)}`)
    expect(peak).toBeLessThan(MOST)
  },
)
