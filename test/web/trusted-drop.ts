import type { Page } from 'playwright-core'

/** A drag of files and folders out of the system, over the middle of the page: trusted, as no script can make it. */
export interface Drag {
  enter(): Promise<void>
  drop(): Promise<void>
  /** Thinks better of it: as a script makes it, for the protocol has no way to. */
  leave(): Promise<void>
}

/** @param paths absolute, of files and folders */
export async function dragFrom(page: Page, paths: readonly string[]): Promise<Drag> {
  const session = await page.context().newCDPSession(page)
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
  const dispatch = async (type: 'dragEnter' | 'dragOver' | 'drop') => {
    await session.send('Input.dispatchDragEvent', {
      type,
      x: width / 2,
      y: height - 40,
      data: { items: [], files: [...paths], dragOperationsMask: 1 },
    })
  }
  return {
    enter: () => dispatch('dragEnter'),
    async drop() {
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await dispatch(type)
    },
    leave: () =>
      page.evaluate(() => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([], 'a file'))
        document.body.dispatchEvent(new DragEvent('dragleave', { bubbles: true, dataTransfer }))
      }),
  }
}
