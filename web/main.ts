import { createClient, NetworkError } from '../client/browser/index.ts'
import { createAnnouncer } from '../element/announcer.ts'
import { find, setText } from '../element/dom.ts'
import { acceptChoices, acceptDrops } from '../element/drop-zone.ts'
import { count } from '../element/format.ts'
import { warnBeforeLeaving } from '../element/leaving.ts'
import { paced } from '../element/paced.ts'
import { summarise } from '../element/summary.ts'
import { TransferList } from '../element/transfer-list.ts'
import { createAccount, isOpen } from './account.ts'
import { readConfig } from './config.ts'
import { openSession, type Session } from './session.ts'
import { sentenceFor } from './sign-in-problem.ts'

const STALL_CHECK_MS = 1_000

const choose = find(document, '#choose', HTMLButtonElement)
const uploads = find(document, '#uploads', HTMLElement)
const notice = find(document, '#notice', HTMLElement)
const summaryLine = find(document, '#summary', HTMLElement)
const total = find(document, '#total', HTMLProgressElement)

let list: TransferList | undefined
let moving = false
let stallCheck: ReturnType<typeof setTimeout> | undefined
const requestDraw = paced(draw)
const complain = (sentence: string) => setText(notice, sentence)
const account = createAccount(complain)
const opened = open().catch(() => {
  complain('This page could not find out where its server is. Check your network, then reload it.')
  return undefined
})

acceptChoices(choose, find(document, '#files', HTMLInputElement), (files) => take(files))
acceptDrops(find(document, '#drop-overlay', HTMLElement), ({ files, folders }) => take(files, folders))
warnBeforeLeaving(() => moving)

/** Finds out where the API is and who is signed in. */
async function open(): Promise<{ list: TransferList; session: Session }> {
  const config = await readConfig()
  const session = await openSession(config, {
    onChange: () => account.render(session),
    onProblem: (error) => complain(sentenceFor(error)),
  })
  account.render(session)
  list = new TransferList({
    client: createClient({
      url: new URL(config.api, location.href),
      token: (refused) => session.token(refused).catch(cannotReachIssuer),
    }),
    rows: find(document, '#rows', HTMLElement),
    template: find(document, '#upload-row', HTMLTemplateElement),
    onChange: requestDraw,
    announce: createAnnouncer(find(document, '#live', HTMLElement)),
    focusFallback: choose,
  })
  return { list, session }
}

/** As for the API: what has arrived is kept, and the next try may get through. */
function cannotReachIssuer(cause: unknown): never {
  throw new NetworkError('Expected the issuer to renew the sign-in, got no answer.', { cause })
}

async function take(files: readonly File[], folders = 0): Promise<void> {
  const page = await opened
  if (!page || !isOpen(page.session.state)) return
  const underWay = page.list.add(files)
  const sentences = [
    ...underWay.map((name) => `${name} is on its way already.`),
    ...(folders > 0 ? [`${count(folders, 'folder')} left out: open it and drop the files in it.`] : []),
  ]
  complain(sentences.join(' '))
  requestDraw()
}

function draw(): void {
  if (!list) return
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
