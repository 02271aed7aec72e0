import { tellStories } from './stories.ts'

tellStories('outage', 50)
