import { openJournalFile } from '../../client/node/journal-file.ts'

/** A process of file-journal.test.ts that writes where little fits: how many entries it wrote, and why no more. */

const [path = ''] = process.argv.slice(2)
const file = await openJournalFile(path)
let written = 0
let code = 'none'
for (let partNumber = 1; partNumber <= 100; partNumber++) {
  try {
    await file.append({ type: 'part', partNumber, etag: 'd41d8cd98f00b204e9800998ecf8427e' }, false)
    written++
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
process.stdout.write(JSON.stringify({ written, code }))
