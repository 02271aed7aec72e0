import { test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { tellKillStory } from '../cli/kill-story.ts'

const aws = useLocalAws()
const seed = Number(process.env.KILL_SEED || Date.now() % 2 ** 31)

test(`an upload of 1 GiB killed ten times goes on each time, seed ${seed}`, () =>
  tellKillStory({ apiUrl: aws.apiUrl, mebibytes: 1024, flags: [], kills: 10, most: 8, seed }))
