import { test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { tellDownloadKillStory } from '../cli/download-kill-story.ts'
import { tellKillStory } from '../cli/kill-story.ts'

const aws = useLocalAws()
const seed = Number(process.env.KILL_SEED || Date.now() % 2 ** 31)

test(`an upload of 1 GiB killed ten times goes on each time, seed ${seed}`, () =>
  tellKillStory({
    ...{ apiUrl: aws.apiUrl, mebibytes: 1024, seed },
    // With every lane that the goodput asks for, it would arrive before the last kill.
    ...{ flags: ['--concurrency', '4'], kills: 10, most: 6 },
  }))

test(`a download of 1 GiB killed ten times goes on each time, seed ${seed}`, () =>
  tellDownloadKillStory({
    ...{ apiUrl: aws.apiUrl, mebibytes: 1024, flags: ['--concurrency', '6'], seed },
    ...{ kills: 10, least: 1, most: 200, inFlight: 140, slowMs: 1 },
  }))
