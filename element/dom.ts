/** @throws {Error} where the page has no such element: its HTML and its code do not belong together */
export function find<E extends Element>(root: ParentNode, selector: string, type: new () => E): E {
  const element = root.querySelector(selector)
  if (element instanceof type) return element
  throw new Error(`Expected a ${type.name} at ${selector}, got ${element}.`)
}

const written = new WeakMap<Element, string>()

/** Writes only what changed: every write costs layout, and some screen readers speak it. No other writes there. */
export function setText(element: Element, text: string): void {
  if (written.get(element) === text) return
  written.set(element, text)
  element.textContent = text
}
