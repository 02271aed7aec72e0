/** Where in an exchange something happens: when the head is there, so far into the body (0 to 1), when the body has gone whole, when the server has done it. */
export type Moment = 'head' | number | 'sent' | 'done'

/** What can happen to one request between a client and a server. */
export type Fault =
  /** The connection breaks. */
  | { readonly kind: 'drop'; readonly at: Moment }
  /** No byte moves any more, in either direction. */
  | { readonly kind: 'stall'; readonly at: Moment }
  /** Everything comes later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection breaks so far into the body of the answer. */
  | { readonly kind: 'truncate'; readonly of: number }
  /** No byte of the answer moves any more, so far into its body. */
  | { readonly kind: 'freeze'; readonly of: number }
  /** A bit of the body flips on its way up, so far into it. */
  | { readonly kind: 'corrupt'; readonly at: number }
  /** The answer is not what the server said: a bit of a file's bytes flips; of anything else, a stranger's page comes in its place. */
  | { readonly kind: 'garble' }
  /** Another answer: `early`, before the body is read; `instead`, when it has gone, but to nobody; `late`, although the server has done it. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly code: string
      readonly when: 'early' | 'instead' | 'late'
    }

const MESSAGES: Record<string, string> = {
  AccessDenied: 'Request has expired',
  ExpiredToken: 'The provided token has expired.',
  InternalError: 'We encountered an internal error. Please try again.',
  RequestTimeout:
    'Your socket connection to the server was not read from or written to within the timeout period.',
  SlowDown: 'Please reduce your request rate.',
}

/** The error as S3 words it, or as the gateway before the API does. */
export function errorBody(
  { status, code }: Extract<Fault, { kind: 'answer' }>,
  fromStore: boolean,
): { type: string; body: string } {
  const message = MESSAGES[code] ?? code
  if (!fromStore) return { type: 'application/json', body: JSON.stringify({ message }) }
  return {
    type: 'application/xml',
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${status}</RequestId></Error>`,
  }
}

/** For a person. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'drop':
      return `connection dropped ${describeMoment(fault.at)}`
    case 'stall':
      return `no byte moves ${describeMoment(fault.at)}`
    case 'delay':
      return `${fault.ms} ms late`
    case 'truncate':
      return `connection dropped at ${percent(fault.of)} of the answer`
    case 'freeze':
      return `no byte of the answer moves at ${percent(fault.of)}`
    case 'corrupt':
      return `a bit flips at ${percent(fault.at)} of the body`
    case 'garble':
      return 'the answer is garbled'
    case 'answer':
      return `${fault.status} ${fault.code}, ${{ early: 'before the body is read', instead: 'after the body', late: 'although it is done' }[fault.when]}`
  }
}

function describeMoment(moment: Moment): string {
  if (moment === 'head') return 'before the body'
  if (moment === 'sent') return 'after the body'
  if (moment === 'done') return 'when it is done: the answer is lost'
  return `at ${percent(moment)} of the body`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
