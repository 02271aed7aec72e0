import { writeSync } from 'node:fs'
import { fileJournals } from '../../client/node/journal.ts'
import { ENDPOINT, partEntry, SOURCE_ID, UPLOAD } from './journal-entries.ts'

/** A process of journal-kills.ts: goes on with the journal in that folder, and says how many entries it was told are in it. */

const [folder = ''] = process.argv.slice(2)
const journal = await fileJournals(folder).open(ENDPOINT, SOURCE_ID)
if (!journal) throw new Error('Expected to have the journal, got it in use.')
if (journal.entries.length === 0) await journal.append(UPLOAD, true)
for (let number = Math.max(1, journal.entries.length); ; number += 3) {
  await Promise.all([
    journal.append(partEntry(number), false),
    journal.append(partEntry(number + 1), number % 2 === 0),
    journal.append(partEntry(number + 2), false),
  ])
  writeSync(1, `${number + 3}\n`)
}
