import { find, setText } from '../element/dom.ts'
import type { Session, SessionState } from './session.ts'
import { sentenceFor } from './sign-in-problem.ts'

export interface Account {
  render(session: Session): void
  signIn(): void
}

/**
 * What the page shows of who is signed in: the name above, or the way in where the uploads would be.
 * @param complain says what went wrong, above the uploads
 */
export function createAccount(complain: (sentence: string) => void): Account {
  const [gate, account] = [find(document, '#gate', HTMLElement), find(document, '#account', HTMLElement)]
  const [user, gateNote] = [find(document, '#user', HTMLElement), find(document, '#gate-note', HTMLElement)]
  const gateTitle = find(document, '#gate-title', HTMLElement)
  const enter = find(document, '#sign-in', HTMLButtonElement)
  const leave = find(document, '#sign-out', HTMLButtonElement)
  let current: Session | undefined
  const attempt = async (step: (session: Session) => Promise<void>) => {
    complain('')
    try {
      if (current) await step(current)
    } catch (error) {
      complain(sentenceFor(error))
    }
  }
  const signIn = () => attempt((session) => session.signIn())
  enter.addEventListener('click', signIn)
  leave.addEventListener('click', () => attempt((session) => session.signOut()))

  return {
    signIn,
    render(session) {
      current = session
      const { state } = session
      gate.hidden = isOpen(state)
      enter.hidden = state.kind === 'closed'
      account.hidden = !('name' in state)
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
