import { copyText } from './copy-text.ts'
import { setText } from './dom.ts'
import { countParts, PART_NAMES, proofOf } from './item-texts.ts'
import { button, DETAILS, elementOf } from './markup.ts'
import { drawnParts } from './parts-map.ts'
import type { QueueItem } from './upload-queue.ts'

/** What a row shows when it is opened: the map of its parts and, at the end, what was verified. */
export interface RowDetails {
  render(item: QueueItem): void
  close(): void
}

export function createRowDetails(row: HTMLElement, first: QueueItem): RowDetails {
  const root = elementOf(DETAILS)
  const [canvas, legend, proof, list] = [...root.children] as [
    HTMLCanvasElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ]
  const keys = countParts('').map(([kind]) => {
    const key = elementOf(`<span class="key ${kind}"><i></i><span></span></span>`)
    legend.append(key)
    return key
  })
  row.append(root)
  const map = drawnParts(
    canvas,
    keys.map((key) => key.firstElementChild as Element),
  )
  let parts: string | undefined
  const render = (item: QueueItem) => {
    if (item.parts !== parts) {
      parts = item.parts
      const counts = countParts(parts)
      const said = counts.map(([kind, number]) => `${number} ${PART_NAMES[kind]}`)
      keys.forEach((key, index) => {
        key.hidden = !counts[index]?.[1]
        setText(key.lastElementChild as Element, said[index] ?? '')
      })
      canvas.hidden = parts.length < 2
      canvas.ariaLabel = `Parts of ${item.name}: ${said.filter((_, index) => counts[index]?.[1]).join(', ')}`
      map.draw(parts)
    }
    setText(proof, proofOf(item))
    if (item.result && !list.firstChild) fillRecord(list, item)
  }
  render(first)
  return {
    render,
    close() {
      map.close()
      root.remove()
    },
  }
}

function fillRecord(list: HTMLElement, { name, result }: QueueItem): void {
  const { checksum, key, location } = result ?? {}
  const facts = { Checksum: checksum && `${checksum.algorithm} ${checksum.value}`, Key: key, Link: location }
  for (const [term, fact] of Object.entries(facts)) {
    if (!fact) continue
    const line = elementOf(`<div><dt>${term}</dt><dd></dd>${button('copy', 'Copy')}</div>`)
    const [, value, copy] = [...line.children] as [Element, HTMLElement, HTMLButtonElement]
    value.textContent = fact
    value.className = term.toLowerCase()
    copy.ariaLabel = `Copy ${term.toLowerCase()} of ${name}`
    copy.onclick = () => copyText(value, copy)
    list.append(line)
  }
}
