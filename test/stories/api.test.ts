import { afterAll, beforeAll, test } from 'vitest'
import { useLocalAws } from '../api/local-aws.ts'
import { tellFolderStory } from './folder-story.ts'
import { startTollGate, type TollGate } from './toll-gate.ts'

const aws = useLocalAws()
let gate: TollGate
let api: TollGate

beforeAll(async () => {
  gate = await startTollGate({ upstream: aws.s3Url, ownHost: true })
  const translate = (text: string) => text.replaceAll(aws.s3Url, gate.url)
  api = await startTollGate({ upstream: aws.apiUrl, translate })
})

afterAll(() => Promise.all([gate?.close(), api?.close()]))

test('a folder goes through an API and back, killed twice each way', () =>
  tellFolderStory('through an API', {
    environment: { PARTWAY_API: api.url },
    gate,
    upload: [],
    download: ['uploads/public/', '--output', 'back'],
    list: [],
    nameOf: ({ key, fileName }) => fileName ?? key,
  }))
