import { test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { tellDownloadKillStory } from './download-kill-story.ts'
import { tellKillStory } from './kill-story.ts'

const aws = useLocalAws()
const seed = Number(process.env.KILL_SEED || Date.now() % 2 ** 31)

test(`an upload killed three times goes on each time, seed ${seed}`, () =>
  tellKillStory({
    apiUrl: aws.apiUrl,
    mebibytes: 64,
    flags: ['--part-size', '5MiB', '--concurrency', '2'],
    kills: 3,
    most: 3,
    seed,
  }))

test(
  `a download killed three times goes on each time, seed ${seed}`,
  () =>
    tellDownloadKillStory({
      ...{ apiUrl: aws.apiUrl, mebibytes: 80, flags: ['--concurrency', '3'], seed },
      ...{ kills: 3, least: 20, most: 40, inFlight: 32, slowMs: 4 },
    }),
  120_000,
)
