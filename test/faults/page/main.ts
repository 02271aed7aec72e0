import { createApi } from '../../../client/api.ts'
import { browserJournals } from '../../../client/browser/journal.ts'
import { fileSource } from '../../../client/browser/source.ts'
import { xhrTransport } from '../../../client/browser/transport.ts'
import { browserWakes } from '../../../client/browser/wakes.ts'
import { PartwayError } from '../../../client/errors.ts'
import type { Upload } from '../../../client/events.ts'
import { upload } from '../../../client/upload.ts'
import { enginePorts } from '../../client/engine-ports.ts'
import { taggedTransport } from '../tagged-transport.ts'
import { TIMING } from '../timing.ts'
import type { PageErrand, PageReport } from './errand.ts'

/** Partway for browsers as client/browser/index.ts wires it, with short times: sends the file in the input. */

const input = document.querySelector<HTMLInputElement>('#file')
const stop = new AbortController()
let running: Upload | undefined

async function begin({ apiUrl, concurrency, partSize }: PageErrand): Promise<PageReport> {
  const file = input?.files?.[0]
  if (!file) throw new Error('Expected a file to be picked, found none.')
  const wakes = browserWakes()
  const { transport, cuts } = taggedTransport(xhrTransport(), crypto.randomUUID())
  const ports = {
    controlPlane: createApi({ url: apiUrl, wakes, timing: TIMING }),
    journals: browserJournals(),
    transport,
    wakes,
    ...enginePorts,
    timing: TIMING,
  }
  running = upload(fileSource(file), ports, { concurrency, partSize, signal: stop.signal })
  const outcome = await running.result.then(
    ({ key, size, verified }) => ({ result: { key, size, verified } }),
    (error: unknown) => {
      if (!(error instanceof PartwayError)) throw error
      const { name, message, resumable } = error
      return { error: { name, message, resumable } }
    },
  )
  return { outcome, cuts: [...cuts] }
}

Object.assign(window, {
  faults: {
    begin,
    pause: () => running?.pause(),
    resume: () => running?.resume(),
    stop: () => stop.abort(new Error('The user stops it.')),
  },
})
