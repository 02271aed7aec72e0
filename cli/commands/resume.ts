import type { Command } from '../command.ts'

export const resume: Command = {
  name: 'resume',
  group: 'transfer',
  summary: 'Lists what uploads and downloads can go on, and goes on with them where they were begun.',
  operands: '[N | FILE | KEY…]',
  description: [
    'Without operands, it says what can go on, and on a terminal asks which. N is a number of that list; a FILE or a KEY is what was named then. Each goes on in the folder and with the flags that it was begun with.',
  ],
  examples: [
    { summary: 'What there is', arguments: 'resume' },
    { summary: 'After a night without power', arguments: 'resume --all' },
    { summary: 'One of them', arguments: 'resume film.mov' },
    { summary: 'Never mind', arguments: 'resume --forget 2' },
  ],
  flags: {
    all: { summary: 'All that can' },
    forget: { summary: 'Do not go on, and do not list it again; parts stay in the store (partway abort)' },
  },
  load: () => import('../run/resume.ts'),
}
