import { tellStories } from './stories.ts'

tellStories('outage', 40)
