import { tellStories } from './stories.ts'

tellStories('download', 60)
