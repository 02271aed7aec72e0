import { describe, expect, test } from 'vitest'
import type { UploadResult } from '../../client/browser/index.ts'
import { PlaceError } from '../../client/place-error.ts'
import { countParts } from '../../element/details/part-kinds.ts'
import { proofOf } from '../../element/details/proof.ts'
import { problemWith } from '../../element/downloads/texts.ts'
import { actionOf, bytesToDrop } from '../../element/item-states.ts'
import { amountOf, noteOf, paceOf, statusOf } from '../../element/item-texts.ts'
import { milestone } from '../../element/spoken.ts'
import { totalsOf } from '../../element/totals.ts'
import type { Note, ProblemAction, QueueItem } from '../../element/upload-queue.ts'

const RESULT: UploadResult = {
  key: 'uploads/public/1/film.mp4',
  size: 2e9,
  etag: undefined,
  checksum: { algorithm: 'CRC64NVME', value: 'rosUhgoASJk=' },
  versionId: undefined,
  location: undefined,
  verified: 'checksum',
  downgraded: undefined,
  bytesTransferred: 2e9,
  bytesResumed: 0,
  elapsed: 83_000,
}

/** Half of 2 GB, at 10 MB a second. */
function item(changes: Partial<QueueItem> = {}): QueueItem {
  return {
    id: '1',
    name: 'film.mp4',
    state: 'uploading',
    size: 2e9,
    bytes: 1e9,
    bytesResumed: 0,
    rate: 10e6,
    secondsLeft: 100,
    parts: '#'.repeat(239),
    partsDone: 239,
    retries: 0,
    struggling: false,
    waitingFor: undefined,
    queued: false,
    needs: undefined,
    note: undefined,
    problem: undefined,
    result: undefined,
    ...changes,
  }
}

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('the row of a file', () => {
  test('that moves', () => {
    expect(statusOf(item())).toBe('Uploading')
    expect(plain(amountOf(item()))).toBe('50 % · 1.00 GB of 2.00 GB')
    expect(plain(paceOf(item()))).toBe('10.0 MB/s · 1 min 40 s left')
    expect(proofOf(item())).toBe('')
  })

  test('that has no lane of its own waits for its turn, and has no rate', () => {
    expect(statusOf(item({ queued: true, rate: 0 }))).toBe('Waiting for its turn')
    expect(paceOf(item({ queued: true, rate: 0 }))).toBe('')
  })

  test('whose lanes pause for a bandwidth limit goes on with its rate', () => {
    expect(statusOf(item({ queued: true }))).toBe('Uploading')
    expect(plain(paceOf(item({ queued: true })))).toBe('10.0 MB/s · 1 min 40 s left')
  })

  test('that goes on says what was there', () => {
    expect(statusOf(item({ bytesResumed: 4e8 }))).toBe('Going on, 400 MB were there already')
  })

  test('whose connection fails says so, and a paused one does not', () => {
    expect(statusOf(item({ struggling: true }))).toBe('Connection trouble, trying again…')
    expect(statusOf(item({ struggling: true, state: 'paused' }))).toBe('Paused')
  })

  test('that waits says for what, and whose turn it is to do something', () => {
    const waiting = item({ state: 'waiting', struggling: true })
    expect(statusOf({ ...waiting, waitingFor: 'network' })).toBe('Waiting for the network; goes on by itself')
    expect(statusOf({ ...waiting, waitingFor: 'user' })).toBe('Waiting for you to sign in')
    expect(paceOf(waiting)).toBe('')
    expect(statusOf(item({ state: 'queued' }))).toBe('Waiting for its turn')
  })

  test('that was found unfinished says what it takes to go on', () => {
    const unfinished = item({ state: 'unfinished' })
    expect(statusOf({ ...unfinished, needs: 'click' })).toBe('Unfinished')
    expect(statusOf({ ...unfinished, needs: 'permission' })).toBe(
      'Unfinished: this browser will ask to read the file',
    )
    expect(statusOf({ ...unfinished, needs: 'file' })).toBe('Unfinished: choose the file again to go on')
  })

  test('that stopped says whether what has arrived is kept', () => {
    expect(statusOf(item({ state: 'resumable' }))).toBe('Stopped for now')
    expect(statusOf(item({ state: 'failed' }))).toBe('Failed')
  })

  test.each<[Note, RegExp]>([
    ['restarted', /sent anew/],
    ['set-aside', /compared with the file/],
    ['unrecorded', /keep the page open/],
    ['no-space-to-remember', /choose it again/],
  ])('that was %s says so for as long as it moves', (note, sentence) => {
    expect(noteOf(item({ note }))).toMatch(sentence)
    expect(noteOf(item({ note, state: 'done' }))).toBe('')
    expect(noteOf(item())).toBe('')
  })

  test('without a measured rate promises nothing', () => {
    expect(paceOf(item({ rate: undefined, secondsLeft: undefined }))).toBe('')
    expect(plain(paceOf(item({ rate: 0, secondsLeft: undefined })))).toBe('0 bytes/s')
  })

  test('that is done says what was compared', () => {
    const done = item({ state: 'done', bytes: 2e9, result: RESULT })
    expect(plain(statusOf(done))).toBe('Uploaded, checksum verified · 2.00 GB in 239 parts · 1 min 25 s')
    expect(proofOf(done)).toMatch(/^Checksum verified/)
    expect(proofOf({ ...done, result: { ...RESULT, verified: 'size' } })).toBe('Size verified, to the byte.')
    const downgraded = 'The store keeps no checksums.'
    const byEtag = { ...RESULT, verified: 'etag', checksum: undefined, downgraded } as const
    expect(proofOf({ ...done, result: byEtag })).toBe(
      'MD5 verified: that of every part was compared with what the storage holds. The store keeps no checksums.',
    )
  })
})

describe('the list as a whole', () => {
  test('adds up files, bytes and rates; the time left counts those that wait', () => {
    const { text, title, fraction, moving } = totalsOf([
      item({ state: 'done', bytes: 0 }),
      item(),
      item({ state: 'queued', bytes: 0, rate: undefined }),
    ])
    expect(plain(text)).toBe('1 of 3 files done · 3.00 GB of 6.00 GB · 10.0 MB/s · 5 min left')
    expect(title).toBe('50 %')
    expect(fraction).toBe(0.5)
    expect(moving).toBe(true)
  })

  test.each<[string, Partial<QueueItem>[], string, boolean]>([
    ['nothing', [], '', false],
    ['all done', [{ state: 'done' }], 'Done', false],
    ['all paused', [{ state: 'paused' }], 'Paused at 50 %', false],
    ['one failed', [{ state: 'done' }, { state: 'failed' }], 'Stopped at 75 %', false],
    ['one failed, one moving', [{ state: 'failed' }, {}], '50 %', true],
    ['one stopped', [{ state: 'resumable' }, { state: 'paused' }], 'Stopped at 50 %', false],
    ['one waiting', [{ state: 'waiting' }, { state: 'paused' }], 'Waiting at 50 %', true],
    ['one waiting, one moving', [{ state: 'waiting' }, {}], '50 %', true],
    ['one cancelled, one done', [{ state: 'aborted' }, { state: 'done' }], 'Done', false],
    ['completing', [{ state: 'completing', bytes: 2e9 }], '99 %', true],
    ['an empty file that waits', [{ state: 'planned', size: 0, bytes: 0 }], '0 %', true],
  ])('of %s', (_, files, title, moving) => {
    expect(totalsOf(files.map(item))).toMatchObject({ title, moving })
  })
})

describe('a listener is told', () => {
  test.each<[Partial<QueueItem>, Partial<QueueItem>, string | undefined]>([
    [{ bytes: 0.9e9 }, { bytes: 1.1e9 }, 'film.mp4 is half way.'],
    [{ bytes: 0.9e9 }, { bytes: 1.1e9, secondsLeft: 3 }, undefined],
    [{ bytes: 1.1e9 }, { bytes: 1.2e9 }, undefined],
    [{}, { state: 'paused' }, 'film.mp4 is paused.'],
    [{ state: 'paused' }, {}, 'film.mp4 goes on.'],
    [{}, { state: 'waiting' }, 'film.mp4 is waiting.'],
    [{ state: 'waiting' }, {}, 'film.mp4 goes on.'],
    [{ state: 'completing' }, { state: 'done' }, 'film.mp4 is uploaded.'],
    [{}, { state: 'failed' }, undefined],
  ])('%j, then %j: %s', (before, after, message) => {
    expect(milestone(item(before), item(after))).toBe(message)
  })
})

test.each<[Partial<QueueItem>, ReturnType<typeof actionOf>]>([
  [{}, 'pause'],
  [{ state: 'waiting' }, 'pause'],
  [{ state: 'completing' }, 'pause'],
  [{ state: 'paused' }, 'resume'],
  [{ state: 'unfinished', needs: 'click' }, 'resume'],
  [{ state: 'unfinished', needs: 'permission' }, 'resume'],
  [{ state: 'unfinished', needs: 'file' }, 'choose'],
  ...(['retry', 'restart', 'choose', 'sign-in', 'remove'] satisfies ProblemAction[])
    .map(
      (action) =>
        [{ state: 'failed' as const, problem: { code: 'x', sentence: 'X.', action } }, action] as const,
    )
    .map(([changes, action]): [Partial<QueueItem>, ProblemAction] => [changes, action]),
  [{ state: 'failed', problem: { code: 'x', sentence: 'X.' } }, undefined],
  [{ state: 'queued' }, undefined],
  [{ state: 'cancelling' }, undefined],
  [{ state: 'done' }, undefined],
])('%j has the button %s', (changes, action) => {
  expect(actionOf(item(changes))).toBe(action)
})

test('a second tab that downloads to the same file is told who has it, and what to do', () => {
  expect(problemWith(new PlaceError('film.mov', 'busy'))).toBe(
    'Another tab is downloading to this file, or another program has it open. Let it finish there; or pause or close it there, then resume here.',
  )
})

test('what is over is not dropped', () => {
  expect(bytesToDrop([item(), item({ state: 'done' }), item({ state: 'paused', bytes: 5 })])).toBe(1e9 + 5)
})

test('a map of parts is told in numbers', () => {
  expect(Object.fromEntries(countParts('##+.>!..'))).toEqual({
    verified: 2,
    retried: 1,
    moving: 1,
    retrying: 1,
    waiting: 3,
  })
})
