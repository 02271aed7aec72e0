import { afterAll, afterEach, beforeAll } from 'vitest'
import { openStage, type Stage } from './stage.ts'

type SharedStage = Pick<
  Stage,
  'apiUrl' | 'folder' | 'file' | 'open' | 'sha256Stored' | 'unfinished' | 'watch'
>

/** A stage for the tests of one file: no test finds another's tabs, or uploads that another began. */
export function useStage(): SharedStage {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage()
  }, 60_000)
  afterAll(() => stage?.close())
  afterEach(async () => {
    await Promise.all(stage.browser.contexts().map((context) => context.close()))
    await stage.dropUnfinished()
  })

  return {
    get apiUrl() {
      return stage.apiUrl
    },
    get folder() {
      return stage.folder
    },
    file: (name, bytes) => stage.file(name, bytes),
    open: (options) => stage.open(options),
    sha256Stored: (key) => stage.sha256Stored(key),
    unfinished: () => stage.unfinished(),
    watch: (fileName) => stage.watch(fileName),
  }
}
