import { afterAll, beforeAll, test } from 'vitest'
import { type House, type HouseOptions, openHouse } from './house.ts'
import { openHouseProcess } from './house-in-process.ts'
import { createPagePorter, servePage } from './page-porter.ts'
import { planStory, type Theme } from './plan.ts'
import { createPorterProcesses } from './porter-processes.ts'
import { openStage, type Stage } from './stage.ts'
import { tell } from './tell.ts'

/** `link:17` is the 17th story of the theme; with a base, `FAULT_BASE=1000`, others are told. */
const { FAULT_SEED, FAULT_BASE = '1' } = process.env

const OPEN_HOUSE: Partial<Record<Theme, (options: HouseOptions) => Promise<House>>> = {
  killed: openHouseProcess,
  page: (options) => openHouse({ ...options, forPages: true }),
}

/** A test for each story of a theme: so many of them, or the one that `FAULT_SEED` names. */
export function tellStories(theme: Theme, count: number): void {
  const endings: (() => Promise<void>)[] = []
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage((options) => OPEN_HOUSE[theme]?.(options) ?? openHouse(options))
    endings.push(stage.close)
    if (theme === 'killed') stage.openPorter = createPorterProcesses
    if (theme === 'page') {
      const page = await servePage([stage.apiUrl, stage.storeUrl])
      endings.push(page.close)
      stage.openPorter = (apiUrl, state) => createPagePorter(page.origin, apiUrl, state)
    }
  }, 60_000)
  afterAll(async () => {
    for (const end of endings.reverse()) await end()
  })

  const first = Number(FAULT_BASE)
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  const [chosen, seed] = FAULT_SEED?.split(':') ?? []
  const told = chosen === undefined ? seeds : chosen === theme ? [Number(seed)] : []
  process.stdout.write(`${theme}: ${told.length} stories, from FAULT_SEED=${theme}:${told[0]}\n`)
  test.for(told)(`${theme}:%i`, (seed) => tell(planStory(theme, seed), stage))
}
