import { tellStories } from './stories.ts'

tellStories('store', 70)
