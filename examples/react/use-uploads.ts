import type { BrowserClient, Upload, UploadSnapshot } from 'partway/browser'
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react'

export interface Sending {
  readonly id: number
  readonly file: File
  readonly upload: Upload
}

export interface Uploads {
  readonly sendings: readonly Sending[]
  /** Begins at once: call it from an event, not while rendering. */
  send(file: File): void
  /** Goes on with what stopped, where it stopped. */
  retry(sending: Sending): void
  /** Has the server drop what has arrived, and takes it off the list. */
  cancel(sending: Sending): void
}

/** The uploads that a component began. They go on when it is gone, and the same file sent again picks them up. */
export function useUploads(client: BrowserClient): Uploads {
  const [sendings, setSendings] = useState<readonly Sending[]>([])
  const lastId = useRef(0)

  const send = useCallback(
    (file: File) => {
      lastId.current++
      const sending = { id: lastId.current, file, upload: client.upload(file) }
      setSendings((others) => [...others, sending])
    },
    [client],
  )
  const retry = useCallback(
    ({ id, file }: Sending) => {
      const upload = client.upload(file)
      setSendings((all) => all.map((one) => (one.id === id ? { ...one, upload } : one)))
    },
    [client],
  )
  const cancel = useCallback(({ id, upload }: Sending) => {
    setSendings((all) => all.filter((one) => one.id !== id))
    // Where the server cannot be told, its lifecycle rule drops the parts.
    upload.abort().catch(() => {})
  }, [])

  return { sendings, send, retry, cancel }
}

/** How an upload stands, drawn at most once a frame. */
export function useUpload(upload: Upload): UploadSnapshot {
  const store = useMemo(() => storeOf(upload), [upload])
  return useSyncExternalStore(store.subscribe, store.read)
}

/** `upload.snapshot()` is another object each time; React wants the same one until something changed. */
function storeOf(upload: Upload) {
  let snapshot = upload.snapshot()
  return {
    read: () => snapshot,
    subscribe(onChange: () => void): () => void {
      let frame = 0
      const drawSoon = () => {
        frame ||= requestAnimationFrame(() => {
          frame = 0
          snapshot = upload.snapshot()
          onChange()
        })
      }
      const stopListening = [upload.on('progress', drawSoon), upload.on('state', drawSoon)]
      // For what happened before.
      drawSoon()
      return () => {
        cancelAnimationFrame(frame)
        for (const stop of stopListening) stop()
      }
    },
  }
}
