import { afterAll, beforeAll, test } from 'vitest'
import { openHouse } from './house.ts'
import { openHouseProcess } from './house-in-process.ts'
import { planStory, type Theme } from './plan.ts'
import { openStage, type Stage } from './stage.ts'
import { tell } from './tell.ts'

/** `link:17` is the 17th story of the theme; with a base, `FAULT_BASE=1000`, others are told. */
const { FAULT_SEED, FAULT_BASE = '1' } = process.env

/** A test for each story of a theme: so many of them, or the one that `FAULT_SEED` names. */
export function tellStories(theme: Theme, count: number): void {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage(theme === 'killed' ? openHouseProcess : openHouse)
  }, 60_000)
  afterAll(() => stage?.close())

  const first = Number(FAULT_BASE)
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  const [chosen, seed] = FAULT_SEED?.split(':') ?? []
  const told = chosen === undefined ? seeds : chosen === theme ? [Number(seed)] : []
  test.for(told)(`${theme}:%i`, (seed) => tell(planStory(theme, seed), stage))
}
