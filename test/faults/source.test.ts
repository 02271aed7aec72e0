import { tellStories } from './stories.ts'

tellStories('source', 80)
