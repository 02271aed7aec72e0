import { expect, onTestFinished, test } from 'vitest'
import { toBase64 } from '../../checksums/base64.ts'
import { combineCrc } from '../../checksums/combine.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { MAX_PARTS, MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, useLocalAws } from '../api/local-aws.ts'
import { openCommand } from './command.ts'
import { sparseFile } from './sparse-file.ts'
import { watchStore } from './store-watch.ts'

const PART = 5 * MIB
const KILLED_AT = 9_000
const SOON_MS = 2_000
/** Of 50 GB through loopback, on a slow machine. */
const PATIENCE_MS = 540_000

const aws = useLocalAws({ dropPartBytes: true })

test(
  'an upload of 10,000 parts that is killed at part 9,000 has its next one on the wire within 2 s of the next start',
  async () => {
    const path = await sparseFile(MAX_PARTS * PART)
    const partway = await openCommand()
    const args = ['upload', path, '--api', aws.apiUrl, '--part-size', '5MiB']
    const first = watchStore()
    onTestFinished(first.end)
    const killed = partway(args)
    await Promise.race([first.until(KILLED_AT), failure(killed.ended)])
    killed.child.kill('SIGKILL')
    await killed.ended
    const firstSeconds = (performance.now() - killed.startedAt) / 1000
    first.end()

    const second = watchStore()
    onTestFinished(second.end)
    const run = partway(args)
    const { code, stdout, stderr } = await run.ended
    second.end()
    const [next] = second.arrived
    const wait = (next?.at ?? Number.POSITIVE_INFINITY) - run.startedAt
    console.log(
      `${first.acknowledged.size} parts in ${firstSeconds.toFixed(0)} s, then killed; ` +
        `the next on the wire ${wait.toFixed(0)} ms after the next start, ` +
        `the pages of list-parts asked for on ${second.listingConnections} connections`,
    )

    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('verified by checksum'),
    })
    expect(wait).toBeLessThan(SOON_MS)
    expect(second.listingConnections).toBeGreaterThan(1)
    const sentTwice = second.arrived.filter(({ partNumber }) => first.acknowledged.has(partNumber))
    expect(sentTwice).toEqual([])

    const object = await ask(aws.apiUrl, routes.download, { body: { key: stdout.trim() } })
    expect(object).toMatchObject({ size: MAX_PARTS * PART, partCount: MAX_PARTS })
    expect(object.checksum).toEqual(checksumOfZeros(object.checksum?.algorithm as CrcAlgorithm))
  },
  PATIENCE_MS,
)

/** Rejects where it ends although nobody killed it. */
async function failure(ended: Promise<{ code: number | null; stderr: string }>): Promise<never> {
  const { code, stderr } = await ended
  throw new Error(`Expected the command to be killed on the way, got an end with ${code}: ${stderr}`)
}

function checksumOfZeros(algorithm: CrcAlgorithm) {
  const part = createCrc(algorithm).update(new Uint8Array(PART)).digest()
  let whole = part
  for (let partNumber = 2; partNumber <= MAX_PARTS; partNumber++) {
    whole = combineCrc(algorithm, whole, part, PART)
  }
  return { algorithm, value: toBase64(whole) }
}
