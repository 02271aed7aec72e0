import { tellStories } from './stories.ts'

tellStories('stopped', 90)
