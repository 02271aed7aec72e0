import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeStory, type Story } from './plan.ts'
import { checkBytes, checkEnd } from './promises.ts'
import type { Stage } from './stage.ts'
import { Teller } from './teller.ts'

/** Has a story happen and holds the engine to every promise. @throws with the story in the message */
export async function tell(story: Story, stage: Stage): Promise<void> {
  const folder = join(stage.folder, `${story.theme}-${story.seed}`)
  await mkdir(folder, { recursive: true })
  const teller = new Teller(story, stage, folder)
  let broken: string[]
  try {
    const told = await teller.tell()
    broken = [...checkEnd(told), ...checkBytes(told)]
  } catch (error) {
    broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  } finally {
    stage.director = undefined
    // A killed browser's helpers may write for a moment yet.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  if (broken.length === 0) return
  const again = `FAULT_SEED=${story.theme}:${story.seed} npm run test:faults`
  throw new Error([broken.join('\n'), describeStory(story), teller.log(), again].join('\n\n'))
}
