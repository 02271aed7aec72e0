import type { Change } from './tree.ts'

/** A safeguard, how it is taken away, and the test that has to notice. */
export interface Mutant {
  readonly safeguard: string
  readonly changes: readonly Change[]
  /** From the root. */
  readonly file: string
  /** With the names of what it stands in, as vitest prints them. */
  readonly test: string
}

const UPLOAD = 'test/isomorphic/client-upload.test.ts'
const JOURNALED = 'test/isomorphic/client-journal.test.ts'
const INTEGRITY = 'test/isomorphic/client-integrity.test.ts'
const WAITING = 'test/isomorphic/client-waiting.test.ts'
const LINES = 'test/isomorphic/journal.test.ts'
const JOURNAL_FILE = 'test/client/file-journal.test.ts'
const DOWNLOAD = 'test/client/download.test.ts'
const DOWNLOAD_RESUMED = 'test/client/download-resume.test.ts'

export const MUTANTS: readonly Mutant[] = [
  // The control plane heals itself.
  mutant(
    'sign again on 403',
    UPLOAD,
    'a part whose URL was refused is signed again at once, in one call for the window',
    {
      path: 'client/store-call.ts',
      from: 'return error.status === 403 ||',
      to: 'return',
    },
  ),
  mutant('sign again before URLs expire', UPLOAD, 'a part is signed again before its URL expires', {
    path: 'client/signed-urls.ts',
    from: 'return this.#ports.clock.now() < window.validUntil',
    to: 'return window.validUntil > 0',
  }),
  mutant('repeat what the store is too busy for', UPLOAD, 'a part that meets busy is sent again', {
    path: 'client/retry.ts',
    from: 'status === 429 || status >= 500',
    to: 'status === 429',
  }),
  mutant('repeat what the connection lost', UPLOAD, 'a part that meets drop is sent again', {
    path: 'client/store-call.ts',
    from: 'return error instanceof NetworkError',
    to: 'return false',
  }),
  mutant('outlast hours of trouble', WAITING, 'trouble of hours is outlasted once contact was made', {
    path: 'client/trouble.ts',
    from: 'return made ?',
    to: 'return false ?',
  }),
  mutant(
    'a request that gets through wakes the others',
    WAITING,
    'a request that gets through has every other that waits for the network made again at once',
    {
      path: 'client/store-call.ts',
      from: 'if (!(error instanceof NetworkError)) return wakes',
      to: 'return wakes',
    },
  ),
  mutant(
    'fewer lanes on a link that breaks before they are through',
    'test/isomorphic/client-slow-link.test.ts',
    'a link that is so slow that it breaks before any of its lanes is at the end of a part has fewer lanes, until parts arrive',
    { path: 'client/lane-budget.ts', from: 'count.lost(fewerAt)', to: '' },
  ),
  mutant('watchdog', UPLOAD, 'a part that moves no bytes for 30 s (stall) is cut and sent again', {
    path: 'client/watchdog.ts',
    from: 'clock.after(milliseconds, () =>',
    to: 'clock.after(milliseconds * 1e6, () =>',
  }),
  mutant(
    'watchdog over the answer',
    UPLOAD,
    'a part that is handed over whole and never answered is cut after a minute and sent again',
    {
      path: 'client/put.ts',
      from: 'timing.stallMs : timing.answerMs',
      to: 'timing.stallMs : timing.answerMs * 1e6',
    },
  ),
  mutant('wake: backoffs end', WAITING, 'a wake ends every backoff at once', {
    path: 'client/clock.ts',
    from: 'wakes.subscribe(() => wakes.online && wake())',
    to: 'wakes.subscribe(() => {})',
  }),
  mutant(
    'wake: what hangs is cut soon',
    WAITING,
    'a wake has a part that does not move sent again within seconds',
    {
      path: 'client/watchdog.ts',
      from: 'wakes.subscribe(() => arm(timing.wokenMs))',
      to: 'wakes.subscribe(() => {})',
    },
  ),
  mutant(
    'wake: sleep is noticed',
    'test/isomorphic/client-wakes.test.ts',
    'the clock counts the time that the machine slept',
    {
      path: 'client/clock.ts',
      from: 'return now + slept',
      to: 'return now',
    },
  ),

  // Complete is settled.
  mutant(
    'complete: a lost answer is asked for again',
    UPLOAD,
    'complete whose answer was lost is settled by asking again',
    {
      path: 'client/complete.ts',
      from: 'const delay = trouble.delay()',
      to: 'const delay = undefined',
    },
  ),
  mutant(
    'complete: unknown is no answer while it may be at work',
    UPLOAD,
    'complete upload-unknown is no answer while an earlier call may still be at work',
    {
      path: 'client/complete.ts',
      from: '!(atWork && isUploadUnknown(error))',
      to: 'true',
    },
  ),
  mutant(
    'complete: nor across a kill',
    JOURNALED,
    'a kill while complete is under way is settled by whoever comes next: unknown is no answer while it may be at work',
    {
      path: 'client/completion.ts',
      from: 'if (!Number.isNaN(ago)) this.#askedAt =',
      to: 'if (ago < 0) this.#askedAt =',
    },
  ),
  mutant(
    'complete: journaled before it is asked for',
    JOURNALED,
    'a journal is on the disk before the first part is sent, and before complete is asked for',
    {
      path: 'client/completion.ts',
      from: "await ledger.append({ type: 'completing', at: new Date(timeOfDay()).toISOString() }, true)",
      to: 'void ledger; void timeOfDay',
    },
  ),
  mutant(
    'complete: what is gone may be done',
    UPLOAD,
    'an upload that the store does not know any more is done if somebody completed it',
    {
      path: 'client/multipart.ts',
      from: 'const stored = await this.#completion.settle(signal)',
      to: 'throw reason\n      const stored = await this.#completion.settle(signal)',
    },
  ),
  mutant(
    'complete: HeadObject settles it in the function',
    'test/api/flow.test.ts',
    'a file in parts completed twice is completed once',
    {
      path: 'lambda/complete.ts',
      from: 'if (head?.ContentLength !== plan.size || !head.ETag) {',
      to: 'if (!head?.ETag || head.ETag) {',
    },
  ),
  mutant(
    'complete: missing parts are sent again',
    UPLOAD,
    'complete that finds parts missing has those sent again, and no others',
    {
      path: 'client/multipart.ts',
      from: "if (type === 'parts-missing') return some(numbersOf(body?.missing, body?.mismatched))",
      to: '',
    },
  ),
  mutant(
    'begin anew what has vanished',
    UPLOAD,
    'an upload that the store does not know any more is begun anew, and says so',
    {
      path: 'client/carrier.ts',
      from: 'if (!(error instanceof UploadGoneError) || restarts === MAX_RESTARTS) throw error',
      to: 'if (error) throw error',
    },
  ),

  // The source is what it was.
  mutant('source: before complete and after a part', UPLOAD, 'a changed source is never completed', {
    path: 'client/parts.ts',
    from: "if ((await source.verify()) === 'same') return",
    to: 'if (source) return',
  }),
  mutant(
    'source: after a part',
    UPLOAD,
    'a changed source whose old bytes are put back is not completed with the new ones that were sent meanwhile',
    {
      path: 'client/parts.ts',
      from: 'once the old file is back, it would count.\n      if (!proof.sourceIsSame) await this.verify()',
      to: 'once the old file is back, it would count.',
    },
  ),
  mutant('source: after a failure', UPLOAD, 'a changed source is not tried again after a failure', {
    path: 'client/store-call.ts',
    from: 'await call.verify?.()',
    to: '',
  }),
  mutant(
    'source: on resuming',
    JOURNALED,
    'a source that has changed since is refused, and what has changed is named',
    {
      path: 'client/identity.ts',
      from: 'if (changes.length > 0) {',
      to: 'if (changes.length > 99) {',
    },
  ),
  mutant(
    'source: touched is read again',
    JOURNALED,
    'a source that was touched midway, and is another in truth, has what is another sent again',
    {
      path: 'client/parts.ts',
      from: 'const done = this.#doubt(() => true)',
      to: 'const done = this.#doubt(() => false)',
    },
  ),
  mutant(
    'source: its time of change in ns',
    'test/client/source.test.ts',
    'a changed file is told apart edited',
    {
      path: 'client/node/file-identity.ts',
      from: 'changed: timeOf(mtimeNs), touched: timeOf(ctimeNs),',
      to: '',
    },
  ),
  mutant('source: its inode', 'test/client/source.test.ts', 'a changed file is told apart replaced', {
    path: 'client/node/file-identity.ts',
    from: 'const seen = [await this.#statPath(), await this.#handle.stat({ bigint: true })]',
    to: 'const seen = [await this.#handle.stat({ bigint: true })]',
  }),
  mutant(
    'source: a short read',
    'test/client/file-transport.test.ts',
    'a file that becomes shorter while it is sent is an error of the source',
    {
      path: 'client/node/source.ts',
      from: 'if (bytesRead === 0) {',
      to: 'if (bytesRead === 0) return\n        if (bytesRead < 0) {',
    },
  ),

  // What arrived is what was read.
  mutant(
    'CRC: the whole’s is sent at complete',
    UPLOAD,
    'a part that the store keeps with other bytes is found at complete and sent again',
    {
      path: 'client/completion.ts',
      from: '...(checksum && { checksum })',
      to: '...{}',
    },
  ),
  mutant(
    'CRC: the whole’s is compared',
    DOWNLOAD,
    'other bytes than the checksum says leaves nothing behind',
    {
      path: 'client/verify.ts',
      from: 'if (checksum.value !== expected.checksum.value) {',
      to: "if (checksum.value === '') {",
    },
  ),
  mutant(
    'CRC: a part’s is compared with the answer',
    INTEGRITY,
    'a part that arrives with other bytes is sent again at once where the store tells its checksum',
    {
      path: 'client/send-part.ts',
      from: 'if (crc && checksum && toBase64(crc) !== checksum) throw otherBytes(partNumber)',
      to: '',
    },
  ),
  mutant(
    'CRC: bad parts are found at complete',
    UPLOAD,
    'a part that the store keeps with other bytes is found at complete and sent again',
    {
      path: 'client/proofs.ts',
      from: 'return crc && checksum ? toBase64(crc) !== checksum.value',
      to: 'return crc && checksum ? false',
    },
  ),
  mutant(
    'CRC: signed into the URL',
    INTEGRITY,
    'with checksums signed into the URLs other bytes are refused, and what is wanted while a call is under way shares the next',
    {
      path: 'client/part-urls.ts',
      from: "if (integrity !== 'signed') return undefined",
      to: "if (integrity === 'signed') return undefined",
    },
  ),
  mutant(
    'MD5: a part’s ETag is compared',
    INTEGRITY,
    'a store that keeps no checksums is found out at once where a part arrived with other bytes',
    {
      path: 'client/send-part.ts',
      from: 'if (hasOther?.({ etag, md5 })) throw otherBytes(partNumber)',
      to: '',
    },
  ),

  // A resume cannot corrupt.
  mutant(
    'journal: only what the store lists counts',
    UPLOAD,
    'resuming sends again what was read alike but is missing at complete',
    {
      path: 'client/multipart.ts',
      from: 'this.parts.lose(again)',
      to: 'void again',
    },
  ),
  mutant(
    'journal: checksums have to agree',
    UPLOAD,
    'resuming sends again what the store holds with another checksum than was read',
    {
      path: 'client/resume.ts',
      from: 'return part.checksum.value === crc',
      to: 'return true',
    },
  ),
  mutant(
    'journal: what nothing is known of is read',
    UPLOAD,
    'resuming does so for parts that nothing is remembered of, too',
    {
      path: 'client/read-again.ts',
      from: 'return toBase64(crc) === checksum.value ? { etag, crc } : undefined',
      to: 'return { etag, crc }',
    },
  ),
  mutant(
    'journal: durable before the first part',
    JOURNALED,
    'a journal is on the disk before the first part is sent, and before complete is asked for',
    {
      path: 'client/begin.ts',
      from: "await job.ledger.append({ type: 'upload', ...upload }, true)",
      to: "void job.ledger.append({ type: 'upload', ...upload }, false)",
    },
  ),
  mutant(
    'journal: a torn tail is dropped',
    JOURNAL_FILE,
    'a torn tail is cut off, and what is appended stands on a line of its own',
    {
      path: 'client/node/journal-file.ts',
      from: 'else if (validBytes < bytes.length) await truncate(path, validBytes)',
      to: 'else if (validBytes < 0) await truncate(path, validBytes)',
    },
  ),
  mutant(
    'journal: each line’s CRC',
    LINES,
    'a line that is damaged although others follow it has the whole refused',
    {
      path: 'client/lines.ts',
      from: 'return text.startsWith(',
      to: 'return text ? text.slice(CRC_DIGITS + 1) : text.startsWith(',
    },
  ),
  mutant('journal: another version is refused', LINES, 'a journal is refused that has another version', {
    path: 'client/lines.ts',
    from: 'if (found !== version) return',
    to: 'if (found === -1) return',
  }),
  mutant('journal: locked in Node', JOURNAL_FILE, 'a journal is one upload’s at a time', {
    path: 'client/node/journal.ts',
    from: 'const unlock = takeLock(',
    to: 'const unlock: ReturnType<typeof takeLock> = ((..._: unknown[]) => () => {})(',
  }),
  mutant(
    'journal: locked in a browser',
    'test/isomorphic/browser-journal.test.ts',
    'a journal is one upload’s at a time, and the next one’s as soon as it is given back',
    {
      path: 'client/browser/journal.ts',
      from: '{ ifAvailable: true }',
      to: "{ mode: 'shared', ifAvailable: true }",
    },
  ),
  mutant(
    'journal: who finds it locked does not begin',
    JOURNALED,
    'a journal that another upload has open lets nobody else begin',
    {
      path: 'client/run.ts',
      from: 'if (!journal) {',
      to: 'if (journal === null) {',
    },
  ),
  mutant('journal: holds no URL', JOURNALED, 'a journal holds no URL', {
    path: 'client/begin.ts',
    from: '    ...{ key, uploadId, size, partSize: planned, checksumAlgorithm },\n    initiated:',
    to: '    ...{ key, uploadId, size, partSize: planned, checksumAlgorithm, ...signed },\n    initiated:',
  }),

  // Downloads.
  mutant(
    'download: If-Match',
    DOWNLOAD_RESUMED,
    'an object that changes between two ranges begins anew by itself, and says why',
    {
      path: 'client/node/receive.ts',
      from: ", 'if-match': ",
      to: ", 'x-if-match': ",
    },
  ),
  mutant(
    'download: on the disk before it is journaled',
    'test/isomorphic/checkpoints.test.ts',
    'a checkpoint journals only what was written before a sync that is over',
    {
      path: 'client/checkpoints.ts',
      from: 'await this.#shelf.sync()',
      to: 'void this.#shelf.sync()',
    },
  ),
  mutant(
    'download: an answer that ends too soon',
    DOWNLOAD,
    'so does one whose answer ends too soon without a word',
    {
      path: 'client/node/receive.ts',
      from: 'if (stretch.position < end) {',
      to: 'if (stretch.position < first) {',
    },
  ),
  mutant(
    'download: a part file that was written to since is read again',
    DOWNLOAD_RESUMED,
    'a part file that somebody wrote to since its journal of an object is read again; where it is another, it is begun anew',
    {
      path: 'client/node/part-journal.ts',
      from: 'there.ctimeNs > written.ctimeNs',
      to: 'there.ctimeNs < 0n',
    },
  ),
  mutant(
    'download: a range is not gone on with for another',
    'test/client/download-range.test.ts',
    'a range that was stopped begins anew for another range, and says why',
    {
      path: 'client/download-journal.ts',
      from: 'if (then.range?.start !== now.range?.start || then.range?.end !== now.range?.end) {',
      to: 'if (then.range === null) {',
    },
  ),
  mutant(
    'download: a stream’s window is bounded',
    'test/client/download-stream.test.ts',
    'a slow stream is given time: no more is asked for than the window has room for',
    {
      path: 'client/node/stream-target.ts',
      from: 'end - this.#taken <= this.#windowBytes',
      to: 'end - this.#taken <= 16 * this.#windowBytes',
    },
  ),
  mutant(
    'download: never replaces unasked',
    DOWNLOAD,
    'nor one that comes while the download is under way; what was received is kept for whoever may',
    {
      path: 'client/node/target.ts',
      from: '  await placeFor(place, replace)\n  const named',
      to: '  replace = true\n  const named',
    },
  ),
]

function mutant(safeguard: string, file: string, test: string, ...changes: Change[]): Mutant {
  return { safeguard, file, test, changes }
}
