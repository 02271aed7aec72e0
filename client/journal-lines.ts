import { readEntry } from './journal.ts'
import { createLines } from './lines.ts'

/** An upload's journal, in files. */
export const journalLines = createLines({ version: 2, opens: 'upload', read: readEntry })
