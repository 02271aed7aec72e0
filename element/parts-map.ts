import { PART_KINDS } from './item-texts.ts'
import { PART_MARKS } from './upload-queue.ts'

/** Of a cell with its gap, in CSS pixels, by how many parts there are. */
const cellOf = (parts: number) => (parts <= 120 ? 14 : parts <= 600 ? 11 : parts <= 2_500 ? 8 : 5)

/** Of the cell, by kind: what is to go is a dot, what moves grows, what is stored fills it. */
const SHARES = [0.3, 0.6, 0.6, 1, 1]
const MARKS = PART_KINDS.map((kind) => PART_MARKS[kind]).join('')

/** A map of parts on a canvas: 10,000 of them cost one draw, and then what changed. Its colours are those of the legend. */
export function drawnParts(canvas: HTMLCanvasElement, legend: readonly Element[]) {
  const context = canvas.getContext('2d')
  let parts = ''
  let drawn = ''
  let columns = 0
  let cell = 0
  let width = 0

  const layOut = () => {
    cell = cellOf(parts.length)
    columns = Math.max(1, Math.floor(width / cell))
    const rows = Math.ceil(parts.length / columns)
    canvas.style.height = `${rows * cell}px`
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(rows * cell * devicePixelRatio)
    drawn = ''
  }
  const draw = () => {
    if (!context || !width) return
    const colours = legend.map((swatch) => getComputedStyle(swatch).color)
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    const gap = cell > 8 ? 3 : cell > 5 ? 2 : 1
    for (let index = 0; index < parts.length; index++) {
      const mark = parts[index] ?? ''
      if (mark === drawn[index]) continue
      const kind = MARKS.indexOf(mark)
      const [x, y] = [(index % columns) * cell, Math.floor(index / columns) * cell]
      context.clearRect(x, y, cell, cell)
      context.fillStyle = colours[kind] ?? ''
      const side = Math.max(1, Math.round((cell - gap) * (SHARES[kind] ?? 1)))
      const inset = Math.floor((cell - gap - side) / 2)
      context.beginPath()
      context.roundRect(x + inset, y + inset, side, side, side / 5)
      context.fill()
    }
    drawn = parts
  }
  const redraw = () => {
    layOut()
    draw()
  }
  const resized = new ResizeObserver(() => {
    if (canvas.clientWidth === width) return
    width = canvas.clientWidth
    redraw()
  })
  resized.observe(canvas)
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  scheme.addEventListener('change', redraw)

  return {
    draw(next: string): void {
      const anew = next.length !== parts.length
      parts = next
      if (anew) layOut()
      draw()
    },
    close(): void {
      resized.disconnect()
      scheme.removeEventListener('change', redraw)
    },
  }
}
