/**
 * Whatever had the keyboard and is gone hands it on, so that it does not start at the top of the page again. To ask the
 * browser costs it a new style of the page, so nobody asks while only bytes move.
 * @returns draws. @param draw says what else the browser would be asked again for
 */
export function createFocusKeeper(root: ShadowRoot): (draw: () => unknown[]) => void {
  let looked: string | null | undefined
  return (draw) => {
    const focused = root.activeElement
    const row = focused?.closest('li')
    const neighbour = row?.nextElementSibling ?? row?.previousElementSibling
    const drawn = draw()
    const looks = focused && [row?.dataset.state, ...drawn].join()
    if (focused && (looks !== looked || !focused.isConnected) && !focused.checkVisibility())
      [focused.parentElement, row, neighbour, root]
        .flatMap((place) => [...(place?.querySelectorAll('button') ?? [])])
        .find((button) => button.checkVisibility())
        ?.focus()
    looked = looks
  }
}
