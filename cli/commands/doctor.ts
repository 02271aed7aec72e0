import type { Command } from '../command.ts'
import { PLACE_FLAGS } from '../place.ts'

export const doctor: Command = {
  name: 'doctor',
  group: 'setup',
  summary: 'Tries an endpoint with one byte, and says what to mend: clock, CORS, lifecycle, checksums.',
  operands: '',
  flags: {
    ...PLACE_FLAGS,
    origin: { value: 'URL', summary: 'Of the page that is to upload, such as https://www.example.com' },
    'content-type': { value: 'TYPE', summary: 'One that the endpoint takes, where it does not take all' },
  },
  load: () => import('../run/doctor.ts'),
}
