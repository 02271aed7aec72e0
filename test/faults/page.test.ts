import { tellStories } from './stories.ts'

tellStories('page', 30)
