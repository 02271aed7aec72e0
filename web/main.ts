import { createClient } from '../client/browser/index.ts'
import { createAnnouncer } from './announcer.ts'
import { find, setText } from './dom.ts'
import { acceptChoices, acceptDrops } from './drop-zone.ts'
import { count } from './format.ts'
import { warnBeforeLeaving } from './leaving.ts'
import { paced } from './paced.ts'
import { summarise } from './summary.ts'
import { TransferList } from './transfer-list.ts'

const STALL_CHECK_MS = 1_000

const choose = find(document, '#choose', HTMLButtonElement)
const uploads = find(document, '#uploads', HTMLElement)
const notice = find(document, '#notice', HTMLElement)
const summaryLine = find(document, '#summary', HTMLElement)
const total = find(document, '#total', HTMLProgressElement)

let moving = false
let stallCheck: ReturnType<typeof setTimeout> | undefined
const requestDraw = paced(draw)
const list = new TransferList({
  client: createClient({ url: apiUrl() }),
  rows: find(document, '#rows', HTMLElement),
  template: find(document, '#upload-row', HTMLTemplateElement),
  onChange: requestDraw,
  announce: createAnnouncer(find(document, '#live', HTMLElement)),
  focusFallback: choose,
})

acceptChoices(choose, find(document, '#files', HTMLInputElement), (files) => take(files))
acceptDrops(find(document, '#drop-overlay', HTMLElement), ({ files, folders }) => take(files, folders))
warnBeforeLeaving(() => moving)

function take(files: readonly File[], folders = 0): void {
  const underWay = list.add(files)
  const sentences = [
    ...underWay.map((name) => `${name} is on its way already.`),
    ...(folders > 0 ? [`${count(folders, 'folder')} left out: open it and drop the files in it.`] : []),
  ]
  setText(notice, sentences.join(' '))
  requestDraw()
}

function draw(): void {
  const views = list.draw()
  const summary = summarise(views)
  moving = summary.moving
  document.body.classList.toggle('has-uploads', views.length > 0)
  uploads.hidden = views.length === 0
  setText(summaryLine, summary.text)
  total.value = summary.fraction
  if (document.title !== summary.title) document.title = summary.title
  // Nothing happens while a connection hangs, and the rate and the time left must not stand still with it.
  clearTimeout(stallCheck)
  if (moving) stallCheck = setTimeout(requestDraw, STALL_CHECK_MS)
}

/** Where the API is: named in the page at deployment, or else where the page itself came from. */
function apiUrl(): URL {
  const { content } = find(document, 'meta[name="partway-api"]', HTMLMetaElement)
  return new URL(content, location.origin)
}
