/** What the fields of events mean. A field keeps its name and its meaning; a later version may add others. */
export const FIELDS = {
  direction: '`upload` or `download`',
  name: 'The file as the command line or its folder names it, or the object’s key',
  key: 'Of the object',
  uploadId: 'Of the multipart upload',
  path: 'Of the file, absolute; `-` for standard output',
  size: 'Bytes of the file',
  partSize: 'Bytes of a part',
  partCount: 'Parts of the plan',
  parts: 'How many of them the store holds',
  partNumber: 'Of the part that failed, where one did',
  bytes: 'So far, those of earlier runs among them',
  rate: 'Bytes a second over the last seconds; absent until there is something to measure',
  eta: 'Seconds to go at that rate',
  state: 'As docs/engine.md has them',
  waitingFor: '`network`, `credentials` or `user`',
  about: '`set-aside`, `downgraded`, `unrecorded` or `left-out`',
  reason: 'A sentence for a person',
  delayMs: 'Milliseconds until the next try',
  etag: 'Of the object, without quotes',
  checksum: '`{algorithm, value}` of the whole object, in base64',
  versionId: 'Where the bucket keeps versions',
  location: 'The object’s URL, unsigned',
  verified: '`checksum`, `etag` or `size`: what was compared at the end',
  downgraded: 'Why it was not the checksum',
  range: '`{start, end}`: from byte `start` to before `end`',
  bytesTransferred: 'Bytes that travelled in this run, those sent twice included',
  bytesResumed: 'Bytes that were there before this run',
  elapsedMs: 'Milliseconds of this run',
  error: 'The error’s class',
  resumable: 'Whether the same command goes on with it',
  command: 'The words of the command that goes on, without the program’s name',
  files: 'How many the run knew of',
  done: 'Files done in this run',
  doneBefore: 'Files that an earlier run of the same command had done',
  failed: 'Files that are not done',
  api: 'The API, without a slash at the end',
  url: 'The page to open',
  code: 'To be typed there; absent where the page leads back to this machine',
  user: 'Whom the issuer took the caller for; absent where it does not say, and where nobody is signed in',
  signedIn: 'Whether somebody is',
  renewable: 'Whether it is renewed without asking',
  expiresAt: 'Until when it holds if not renewed (ISO 8601, UTC)',
} as const

type Field = keyof typeof FIELDS

interface EventShape {
  /** When it is told. */
  readonly when: string
  readonly fields: readonly Field[]
}

const TRANSFER = ['direction', 'name'] as const

/** What `--json` tells: each is a line, with its `type` and its `time` (ISO 8601, UTC). Fields that are unknown are absent. */
export const EVENTS = {
  started: {
    when: 'A file’s plan is made, or where it goes is known',
    fields: [...TRANSFER, 'key', 'path', 'size', 'partSize', 'partCount'],
  },
  resumed: {
    when: 'It goes on where an earlier run stopped',
    fields: [...TRANSFER, 'key', 'path', 'size', 'bytes', 'parts', 'partSize'],
  },
  restarted: { when: 'It begins anew', fields: [...TRANSFER, 'reason'] },
  progress: {
    when: 'Bytes move: once a second at most',
    fields: [...TRANSFER, 'bytes', 'size', 'rate', 'eta'],
  },
  retry: {
    when: 'A try failed and is repeated',
    fields: [...TRANSFER, 'partNumber', 'delayMs', 'reason'],
  },
  state: { when: 'Its state changes', fields: [...TRANSFER, 'state', 'waitingFor', 'reason'] },
  warning: { when: 'Something is less than it should be', fields: [...TRANSFER, 'about', 'reason'] },
  done: {
    when: 'It is done',
    fields: [
      ...TRANSFER,
      'key',
      'path',
      'size',
      'range',
      'etag',
      'checksum',
      'versionId',
      'location',
      'verified',
      'downgraded',
      'bytesTransferred',
      'bytesResumed',
      'elapsedMs',
    ],
  },
  skipped: {
    when: 'An earlier run of the same command had done it, and it is what it was',
    fields: [...TRANSFER, 'key', 'path', 'size'],
  },
  compared: {
    when: '`--verify` has read it again, and it is the same; or nothing could be compared, and why',
    fields: [...TRANSFER, 'verified', 'reason'],
  },
  planned: {
    when: '`--dry-run` would transfer it',
    fields: [...TRANSFER, 'key', 'path', 'size', 'partSize', 'partCount'],
  },
  failed: { when: 'It is not done', fields: [...TRANSFER, 'error', 'reason', 'resumable'] },
  unfinished: { when: 'Not all is done, and can be', fields: ['command'] },
  'sign-in-wanted': { when: '`login` waits for a person', fields: ['api', 'url', 'code'] },
  'sign-in': {
    when: '`login` knows who is signed in to the API',
    fields: ['api', 'signedIn', 'user', 'renewable', 'expiresAt'],
  },
  summary: {
    when: 'The command ends',
    fields: ['files', 'done', 'doneBefore', 'failed', 'bytes', 'elapsedMs'],
  },
} as const satisfies Record<string, EventShape>

export type EventType = keyof typeof EVENTS

export type EventFields<Type extends EventType> = {
  readonly [Name in (typeof EVENTS)[Type]['fields'][number]]?: unknown
}
