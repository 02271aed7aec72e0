import { tellStories } from './stories.ts'

tellStories('link', 110)
