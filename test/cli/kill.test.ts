import { test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
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
