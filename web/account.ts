import { find, setText } from '../element/dom.ts'
import type { Session, SessionState } from './session.ts'
import { sentenceFor } from './sign-in-problem.ts'

export interface Account {
  render(session: Session): void
}

/**
 * What the page shows of who is signed in: the name above, or the way in where the picker would be.
 * @param complain says what went wrong, above the list
 */
export function createAccount(complain: (sentence: string) => void): Account {
  const [picker, gate] = [find(document, '#picker', HTMLElement), find(document, '#gate', HTMLElement)]
  const [account, expired] = [
    find(document, '#account', HTMLElement),
    find(document, '#expired', HTMLElement),
  ]
  const [user, gateNote] = [find(document, '#user', HTMLElement), find(document, '#gate-note', HTMLElement)]
  const gateTitle = find(document, '#gate-title', HTMLElement)
  const button = (selector: string, press: (session: Session) => Promise<void>) => {
    const element = find(document, selector, HTMLButtonElement)
    element.addEventListener('click', async () => {
      complain('')
      try {
        if (current) await press(current)
      } catch (error) {
        complain(sentenceFor(error))
      }
    })
    return element
  }
  let current: Session | undefined
  const signIn = button('#sign-in', (session) => session.signIn())
  button('#sign-in-again', (session) => session.signIn())
  button('#sign-out', (session) => session.signOut())

  return {
    render(session) {
      current = session
      const { state } = session
      picker.hidden = !isOpen(state)
      gate.hidden = isOpen(state)
      signIn.hidden = state.kind === 'closed'
      account.hidden = !('name' in state)
      expired.hidden = state.kind !== 'expired'
      if ('name' in state) {
        setText(user, state.name)
        user.title = state.name
      }
      if (state.kind === 'closed') {
        setText(gateTitle, 'This API is not for pages')
        setText(gateNote, 'It takes requests signed with AWS credentials, which a page does not have.')
      }
    },
  }
}

/** Whether files can be taken now: what is taken while a sign-in has expired waits for the next one. */
export function isOpen({ kind }: SessionState): boolean {
  return kind !== 'closed' && kind !== 'signed-out'
}
