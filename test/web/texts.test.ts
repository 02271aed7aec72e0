import { describe, expect, test } from 'vitest'
import type { UploadResult } from '../../client/browser/index.ts'
import { milestone } from '../../element/milestones.ts'
import { amountOf, noteOf, paceOf, proofOf, statusOf } from '../../element/row-texts.ts'
import { summarise } from '../../element/summary.ts'
import type { Note, TransferView } from '../../element/transfer.ts'

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
function view(changes: Partial<TransferView> = {}): TransferView {
  return {
    name: 'film.mp4',
    state: 'uploading',
    size: 2e9,
    bytes: 1e9,
    bytesResumed: 0,
    parts: 239,
    rate: 10e6,
    secondsLeft: 100,
    struggling: false,
    waitingFor: undefined,
    queued: false,
    note: undefined,
    error: undefined,
    result: undefined,
    ...changes,
  }
}

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('the row of a file', () => {
  test('that moves', () => {
    expect(statusOf(view())).toBe('Uploading')
    expect(plain(amountOf(view()))).toBe('50 % · 1.00 GB of 2.00 GB')
    expect(plain(paceOf(view()))).toBe('10.0 MB/s · 1 min 40 s left')
    expect(proofOf(view())).toBe('')
  })

  test('that has no lane of its own waits for its turn, and has no rate', () => {
    expect(statusOf(view({ queued: true, rate: 0 }))).toBe('Waiting for its turn')
    expect(paceOf(view({ queued: true, rate: 0 }))).toBe('')
  })

  test('that goes on says what was there', () => {
    expect(statusOf(view({ bytesResumed: 4e8 }))).toBe('Going on, 400 MB were there already')
  })

  test('whose connection fails says so, and a paused one does not', () => {
    expect(statusOf(view({ struggling: true }))).toBe('Connection trouble, trying again…')
    expect(statusOf(view({ struggling: true, state: 'paused' }))).toBe('Paused')
  })

  test('that waits says for what, and whose turn it is to do something', () => {
    const waiting = view({ state: 'waiting', struggling: true })
    const network = { for: 'network', message: 'The network is away.' } as const
    const user = { for: 'user', message: 'Sign in, and it goes on.' } as const
    expect(statusOf({ ...waiting, waitingFor: network })).toBe('Waiting for the network; goes on by itself')
    expect(statusOf({ ...waiting, waitingFor: user })).toBe('Sign in, and it goes on.')
    expect(paceOf(waiting)).toBe('')
    expect(statusOf(view({ state: 'queued' }))).toBe('Waiting for its turn')
  })

  test('that stopped says whether what has arrived is kept', () => {
    expect(statusOf(view({ state: 'resumable' }))).toBe('Stopped for now')
    expect(statusOf(view({ state: 'failed' }))).toBe('Failed')
  })

  test.each<[Note, RegExp]>([
    ['restarted', /sent anew/],
    ['set-aside', /compared with the file/],
    ['unrecorded', /keep the page open/],
  ])('that was %s says so for as long as it moves', (note, sentence) => {
    expect(noteOf(view({ note }))).toMatch(sentence)
    expect(noteOf(view({ note, state: 'done' }))).toBe('')
    expect(noteOf(view())).toBe('')
  })

  test('without a measured rate promises nothing', () => {
    expect(paceOf(view({ rate: undefined, secondsLeft: undefined }))).toBe('')
    expect(plain(paceOf(view({ rate: 0, secondsLeft: undefined })))).toBe('0 bytes/s')
  })

  test('that is done says what was compared', () => {
    const done = view({ state: 'done', bytes: 2e9, result: RESULT })
    expect(plain(statusOf(done))).toBe('Uploaded · 2.00 GB in 239 parts · 1 min 25 s')
    expect(proofOf(done)).toMatch(/^Checksum verified: CRC64NVME rosUhgoASJk=/)
    expect(proofOf({ ...done, result: { ...RESULT, verified: 'size' } })).toMatch(
      /^Size verified.*rosUhgoASJk=/,
    )
    expect(proofOf({ ...done, result: { ...RESULT, verified: 'size', checksum: undefined } })).toBe(
      'Size verified, to the byte.',
    )
    const downgraded = 'The store keeps no checksums.'
    const byEtag = { ...RESULT, verified: 'etag', checksum: undefined, downgraded } as const
    expect(proofOf({ ...done, result: byEtag })).toBe(
      'MD5 verified: that of every part was compared with what the storage holds. The store keeps no checksums.',
    )
  })
})

describe('the list as a whole', () => {
  test('adds up files, bytes and rates; the time left counts those that wait', () => {
    const { text, title, fraction, moving } = summarise([
      view({ state: 'done', bytes: 0 }),
      view(),
      view({ state: 'queued', bytes: 0, rate: undefined }),
    ])
    expect(plain(text)).toBe('1 of 3 files done · 3.00 GB of 6.00 GB · 10.0 MB/s · 5 min left')
    expect(title).toBe('50 % · Partway')
    expect(fraction).toBe(0.5)
    expect(moving).toBe(true)
  })

  test.each<[string, Partial<TransferView>[], string, boolean]>([
    ['nothing', [], 'Partway', false],
    ['all done', [{ state: 'done' }], 'Done · Partway', false],
    ['all paused', [{ state: 'paused' }], 'Paused at 50 % · Partway', false],
    ['one failed', [{ state: 'done' }, { state: 'failed' }], 'Stopped at 75 % · Partway', false],
    ['one failed, one moving', [{ state: 'failed' }, {}], '50 % · Partway', true],
    ['one stopped', [{ state: 'resumable' }, { state: 'paused' }], 'Stopped at 50 % · Partway', false],
    ['one waiting', [{ state: 'waiting' }, { state: 'paused' }], 'Waiting at 50 % · Partway', true],
    ['one waiting, one moving', [{ state: 'waiting' }, {}], '50 % · Partway', true],
    ['one cancelled, one done', [{ state: 'aborted' }, { state: 'done' }], 'Done · Partway', false],
    ['completing', [{ state: 'completing', bytes: 2e9 }], '99 % · Partway', true],
    ['an empty file that waits', [{ state: 'planned', size: 0, bytes: 0 }], '0 % · Partway', true],
  ])('of %s', (_, files, title, moving) => {
    expect(summarise(files.map(view))).toMatchObject({ title, moving })
  })
})

describe('a listener is told', () => {
  test.each<[Partial<TransferView>, Partial<TransferView>, string | undefined]>([
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
    expect(milestone(view(before), view(after))).toBe(message)
  })
})
