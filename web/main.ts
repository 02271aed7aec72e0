import { find, setText } from '../element/dom.ts'
import { PartwayUpload } from '../element/partway-upload.ts'
import { createAccount, isOpen } from './account.ts'
import { type PageConfig, readConfig } from './config.ts'
import { openSession, type Session } from './session.ts'
import { sentenceFor } from './sign-in-problem.ts'

const NAME = document.title

const main = find(document, 'main', HTMLElement)
const notice = find(document, '#notice', HTMLElement)
const complain = (sentence: string) => setText(notice, sentence)
const account = createAccount(complain)
const uploads = new PartwayUpload()

open().catch(() =>
  complain('This page could not find out where its server is. Check your network, then reload it.'),
)

/** Finds out where the API is and who is signed in. */
async function open(): Promise<void> {
  const config = await readConfig()
  const session = await openSession(config, {
    onChange: () => show(config, session),
    onProblem: (error) => complain(sentenceFor(error)),
  })
  uploads.toggleAttribute('downloads', true)
  uploads.token = (refused) => session.token(refused)
  uploads.addEventListener('partway-sign-in', () => account.signIn())
  uploads.addEventListener('partway-change', ({ detail: { title } }) => {
    document.title = title ? `${title} · ${NAME}` : NAME
  })
  show(config, session)
}

/** Whose uploads wait for a sign-in keeps them in sight. */
function show({ api }: PageConfig, session: Session): void {
  account.render(session)
  const { state } = session
  // What this browser remembers of one person's files is nothing to the next who signs in.
  const endpoint = 'id' in state ? `${api}#${encodeURIComponent(state.id)}` : api
  if (uploads.getAttribute('endpoint') !== endpoint) uploads.setAttribute('endpoint', endpoint)
  if (!isOpen(state)) uploads.remove()
  else if (!uploads.isConnected) main.append(uploads)
}
