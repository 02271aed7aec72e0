import { test } from 'vitest'
import { engineName } from '../contract/engine.ts'
import { tellFolderStory } from './folder-story.ts'
import { useGatedStore } from './store.ts'

const store = useGatedStore()

test(`a folder goes straight to S3 (${engineName}) and back, killed twice each way`, () =>
  tellFolderStory(`straight to S3 (${engineName})`, {
    environment: store.environment,
    gate: store.gate,
    upload: [`s3://${store.bucket}/in/`],
    download: [`s3://${store.bucket}/in/`, 'back'],
    list: [`s3://${store.bucket}/`],
    nameOf: ({ key }) => key,
  }))
