import { PART_MARKS } from '../upload-queue.ts'
import { PART_KINDS } from './part-kinds.ts'

/** Of a cell with its gap, in CSS pixels: the largest whose parts fill a dozen lines or fewer, as far as there is one. */
const CELLS = [16, 13, 10, 8, 6]
const LINES = 12
/** How much of its cell a part fills: what is to go is a dot, what moves grows. */
const SHARES = { verified: 1, retried: 1, moving: 0.7, retrying: 0.7, waiting: 0.35 }

export interface PartsMap {
  draw(parts: string): void
  close(): void
}

/**
 * A map of parts on a canvas: 10,000 of them cost one draw, and then what changed.
 * @param legend an element for each of {@link PART_KINDS}, in their colours
 */
export function createPartsMap(canvas: HTMLCanvasElement, legend: readonly Element[]): PartsMap {
  const context = canvas.getContext('2d')
  const kinds = new Map(PART_KINDS.map((kind, index) => [PART_MARKS[kind] as string, { kind, index }]))
  let parts = ''
  let drawn = ''
  let width = 0
  let columns = 0
  let cell = 0
  let colours: string[] = []

  /** Forgets what is drawn. */
  function layOut(): void {
    const columnsOf = (size: number) => Math.max(1, Math.floor(width / size))
    cell = CELLS.find((size) => Math.ceil(parts.length / columnsOf(size)) <= LINES) ?? 6
    columns = columnsOf(cell)
    const height = Math.ceil(parts.length / columns) * cell
    canvas.style.height = `${height}px`
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(height * devicePixelRatio)
    context?.scale(devicePixelRatio, devicePixelRatio)
    // Asking for them costs layout, so not as often as it is drawn.
    colours = legend.map((key) => getComputedStyle(key).color)
    drawn = ''
  }

  function draw(): void {
    if (!context || width === 0) return
    const room = cell - Math.max(2, Math.round(cell / 5))
    for (let part = 0; part < parts.length; part++) {
      const mark = parts[part] ?? ''
      if (mark === drawn[part]) continue
      const { kind, index } = kinds.get(mark) ?? { kind: 'waiting' as const, index: 0 }
      const side = Math.max(1.5, room * SHARES[kind])
      const [x, y] = [(part % columns) * cell, Math.floor(part / columns) * cell]
      const inset = (room - side) / 2
      context.clearRect(x, y, cell, cell)
      context.fillStyle = colours[index] ?? ''
      context.beginPath()
      context.roundRect(x + inset, y + inset, side, side, side / (kind === 'waiting' ? 2 : 4))
      context.fill()
    }
    drawn = parts
  }

  function redraw(): void {
    width = canvas.clientWidth
    layOut()
    draw()
  }
  const resized = new ResizeObserver(() => {
    if (canvas.clientWidth !== width) redraw()
  })
  resized.observe(canvas)
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  scheme.addEventListener('change', redraw)

  return {
    draw(next) {
      const anew = next.length !== parts.length
      parts = next
      if (anew) layOut()
      draw()
    },
    close() {
      resized.disconnect()
      scheme.removeEventListener('change', redraw)
    },
  }
}
