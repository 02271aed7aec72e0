import type { Browser } from 'playwright-core'

/** As Chromium calls them. What is within a script is its own: the layout that it asks for, the garbage that it makes. */
const KINDS = {
  script: /^(FunctionCall|EvaluateScript|FireAnimationFrame|TimerFire|EventDispatch|RunMicrotasks)$/,
  rendering: /^(UpdateLayoutTree|Layout|PrePaint|Paint|Layerize)$/,
  garbage: /^(MinorGC|MajorGC|V8\.GC_.*)$/,
}
type Kind = keyof typeof KINDS
const NAMES = Object.keys(KINDS) as Kind[]

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly ts: number
  readonly dur?: number
  /** Of `dur`, what the thread had of a processor. */
  readonly tdur?: number
}

const isFrame = ({ name, ph }: TraceEvent) => name === 'AnimationFrame' && ph === 'b'

/** Milliseconds that the page's main thread worked in one frame: at its scripts, at what they changed, and between them. */
export type Frame = Record<Kind, number>

/** @param run what is watched */
export async function traceFrames(browser: Browser, run: () => Promise<void>): Promise<Frame[]> {
  const session = await browser.newBrowserCDPSession()
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['devtools.timeline', 'v8'], recordMode: 'recordAsMuchAsPossible' },
  })
  await run()
  await session.send('Tracing.end')
  await complete
  await session.detach()
  return framesOf(mainThreadOf(events))
}

/** Of the page that draws frames, in order. */
function mainThreadOf(events: readonly TraceEvent[]): TraceEvent[] {
  const threads = Map.groupBy(events, ({ pid, tid }) => `${pid} ${tid}`)
  const drawn = (thread: readonly TraceEvent[]) => thread.filter(isFrame).length
  const [busiest = []] = [...threads.values()].sort((a, b) => drawn(b) - drawn(a))
  return busiest.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
}

function framesOf(events: readonly TraceEvent[]): Frame[] {
  const frames: Frame[] = []
  let end = 0
  for (const event of events) {
    const { name, ph, ts, dur = 0, tdur = dur } = event
    if (isFrame(event)) frames.push({ script: 0, rendering: 0, garbage: 0 })
    const kind = NAMES.find((kind) => KINDS[kind].test(name))
    const frame = frames.at(-1)
    if (ph !== 'X' || !kind || !frame || ts < end) continue
    frame[kind] += tdur / 1000
    end = ts + dur
  }
  // The last one is cut off.
  return frames.slice(0, -1)
}
