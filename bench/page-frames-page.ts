import '../element/partway-upload.ts'
import './page-frames-load.ts'

declare global {
  interface Window {
    /** Has parts move in each of so many frames. */
    playFrames(count: number): Promise<void>
  }
}

window.playFrames = (count) =>
  new Promise((resolve) => {
    let frame = 0
    const play = () => {
      window.moveParts(frame)
      if (++frame < count) requestAnimationFrame(play)
      else resolve()
    }
    requestAnimationFrame(play)
  })
