import type { BrowserClient, UploadSnapshot } from 'partway/browser'
import { type Sending, type Uploads, useUpload, useUploads } from './use-uploads.ts'

/** The engine has no looks: these are the page's own. */
export function WithHooks({ client }: { client: BrowserClient }) {
  const uploads = useUploads(client)
  return (
    <section>
      <h1>With the engine alone</h1>
      <input
        type="file"
        multiple
        aria-label="Films to send"
        onChange={({ target }) => {
          for (const file of target.files ?? []) uploads.send(file)
          target.value = ''
        }}
      />
      <ul aria-label="Films">
        {uploads.sendings.map((sending) => (
          <Film key={sending.id} sending={sending} uploads={uploads} />
        ))}
      </ul>
    </section>
  )
}

function Film({ sending, uploads }: { sending: Sending; uploads: Uploads }) {
  const { upload } = sending
  const snapshot = useUpload(upload)
  const { fileName, state, bytesSent, size, key } = snapshot
  const isOver = state === 'done' || state === 'failed'
  return (
    <li>
      <p>
        {fileName}: <span role="status">{sentenceOf(snapshot)}</span>
      </p>
      <progress aria-label={fileName} value={size > 0 ? bytesSent / size : 1} />
      {state === 'uploading' && (
        <button type="button" onClick={() => upload.pause()}>
          Pause {fileName}
        </button>
      )}
      {state === 'paused' && (
        <button type="button" onClick={() => upload.resume()}>
          Resume {fileName}
        </button>
      )}
      {state === 'resumable' && (
        <button type="button" onClick={() => uploads.retry(sending)}>
          Retry {fileName}
        </button>
      )}
      {!isOver && (
        <button type="button" onClick={() => uploads.cancel(sending)}>
          Cancel {fileName}
        </button>
      )}
      {state === 'done' && <code>{key}</code>}
    </li>
  )
}

function sentenceOf({ state, waitingFor, error, eta }: UploadSnapshot): string {
  if (error) return error.message
  if (waitingFor) return waitingFor.message
  return state === 'uploading' && eta !== undefined ? `${state}, ${Math.ceil(eta)} s left` : state
}
