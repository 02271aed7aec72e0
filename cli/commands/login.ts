import type { Command } from '../command.ts'
import { PLACE_FLAGS } from '../place.ts'

export const login: Command = {
  name: 'login',
  group: 'setup',
  summary: 'Signs you in to an API, for the commands after it.',
  operands: '',
  description: [
    'Shows a page and a code: open the page on any machine, type the code there, and the command goes on. Where the issuer has no device flow (Amazon Cognito has none), the page has to be opened on this machine, and leads back to it.',
    'What the issuer gives is kept for each API in the folder of PARTWAY_STATE, which nobody else can read, and is renewed without asking for as long as the issuer renews it. PARTWAY_TOKEN goes first. An API with auth iam takes AWS credentials in place of a sign-in.',
  ],
  examples: [
    { summary: 'Sign in', arguments: 'login --api https://api.example.com' },
    { summary: 'Whether somebody is signed in', arguments: 'login --status' },
    { summary: 'Forget it', arguments: 'login --logout' },
  ],
  flags: {
    api: PLACE_FLAGS.api,
    status: { summary: 'Only say who is signed in; 1 where nobody is' },
    logout: { summary: 'Forget the sign-in, here and at the issuer' },
  },
  load: () => import('../run/login.ts'),
}
