import { setText } from '../dom.ts'
import { count, inDigits } from '../format.ts'
import { button, elementOf } from '../markup.ts'
import type { QueueItem } from '../upload-queue.ts'
import { copyText } from './copy-text.ts'
import { countParts, PART_NAMES } from './part-kinds.ts'
import { createPartsMap } from './parts-map.ts'
import { proofOf } from './proof.ts'
import { copyLink, LINK } from './stored.ts'
import { style } from './style.ts'

export { save } from './stored.ts'

/** What a row shows when it is opened: the map of its parts and, at the end, what was verified. */
export interface Details {
  render(item: QueueItem): void
  close(): void
}

let sheet: CSSStyleSheet | undefined

export function createDetails(row: HTMLElement, first: QueueItem): Details {
  const shadow = row.getRootNode() as ShadowRoot
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
  }
  if (!shadow.adoptedStyleSheets.includes(sheet)) shadow.adoptedStyleSheets.push(sheet)

  const root = elementOf(
    `<div class="details" part="details"><canvas part="map" role="img"></canvas><p class="legend">${countParts(
      '',
    )
      .map(([kind]) => `<span class="${kind}"><i></i><span></span></span>`)
      .join('')}</p><p class="proof"></p><dl></dl></div>`,
  )
  const [canvas, legend, proof, list] = root.children as unknown as [HTMLCanvasElement, ...HTMLElement[]]
  row.append(root)
  const map = createPartsMap(canvas, [...(legend?.querySelectorAll('i') ?? [])])
  let drawn: string | undefined

  function render(item: QueueItem): void {
    const { parts, result } = item
    if (parts !== drawn) {
      drawn = parts
      const counts = countParts(parts)
      counts.forEach(([kind, number], index) => {
        const key = legend?.children[index] as HTMLElement
        key.hidden = number === 0
        setText(key.lastElementChild as Element, `${inDigits(number)} ${PART_NAMES[kind]}`)
      })
      const said = counts
        .filter(([, number]) => number)
        .map(([kind, number]) => `${number} ${PART_NAMES[kind]}`)
      canvas.hidden = parts.length === 0
      canvas.ariaLabel = `${count(parts.length, 'part')} of ${item.name}: ${said.join(', ')}`
      map.draw(parts)
    }
    setText(proof as Element, proofOf(item) || (parts ? '' : 'Not cut into parts yet.'))
    if (result && !list?.firstChild) list?.append(...recordOf(item))
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

/** A line for each thing that somebody may want to keep. */
function recordOf(item: QueueItem): HTMLElement[] {
  const { name, result } = item
  const { checksum, key, location } = result ?? {}
  const facts = {
    Checksum: checksum && `${checksum.algorithm} ${checksum.value}`,
    Key: key,
    'In S3': location,
    Link: LINK,
  }
  return Object.entries(facts).flatMap(([term, fact]) => {
    if (!fact) return []
    const word = term.toLowerCase()
    const line = elementOf(
      `<div><dt>${term}</dt><dd class="${word}"></dd><dd>${button('', 'Copy')}</dd></div>`,
    )
    const value = line.children[1] as HTMLElement
    const copy = line.querySelector('button') as HTMLButtonElement
    value.textContent = fact
    copy.ariaLabel = `Copy ${word} of ${name}`
    copy.onclick = () => (fact === LINK ? copyLink(item, value, copy) : copyText(value, copy))
    return line
  })
}
