import { tellStories } from './stories.ts'

tellStories('killed', 50)
