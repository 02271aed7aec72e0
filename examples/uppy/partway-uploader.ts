import type { Body, Meta, Uppy, UppyEventMap, UppyFile } from '@uppy/core'
import type { BrowserClient } from 'partway/browser'

/** What `upload-success` has in its `response.body`. */
export interface PartwayBody extends Body {
  readonly key: string
}

type PartwayUppy = Uppy<Meta, PartwayBody>

/** Has Uppy send its files by Partway, in place of an uploader such as `@uppy/aws-s3`. What else it does, it does as before. */
export function uploadByPartway(uppy: PartwayUppy, client: BrowserClient): void {
  // Without this Uppy has no pause.
  uppy.setState({ capabilities: { ...uppy.getState().capabilities, resumableUploads: true } })
  uppy.addUploader(async (ids) => {
    const files = ids.map((id) => uppy.getFile(id))
    uppy.emit('upload-start', files)
    await Promise.all(files.map((file) => send(uppy, client, file)))
  })
}

async function send(
  uppy: PartwayUppy,
  client: BrowserClient,
  { id, name, type, data }: UppyFile<Meta, PartwayBody>,
): Promise<void> {
  const itself = () => uppy.getFile(id)
  if (!(data instanceof Blob)) {
    uppy.emit('upload-error', itself(), new TypeError(`Expected a file of this machine, got ${name}.`))
    return
  }
  // An image that was edited is a Blob.
  const upload = client.upload(data instanceof File ? data : new File([data], name, { type }))
  const uploadStarted = Date.now()
  upload.on('progress', ({ bytesSent: bytesUploaded, size: bytesTotal }) =>
    uppy.emit('upload-progress', itself(), { uploadStarted, bytesUploaded, bytesTotal }),
  )

  const on = <Name extends keyof UppyEventMap<Meta, PartwayBody>>(
    name: Name,
    listener: UppyEventMap<Meta, PartwayBody>[Name],
  ) => {
    uppy.on(name, listener)
    return () => uppy.off(name, listener)
  }
  const stopListening = [
    on('upload-pause', (file, isPaused) => {
      if (file?.id !== id) return
      if (isPaused) upload.pause()
      else upload.resume()
    }),
    on('pause-all', () => upload.pause()),
    on('resume-all', () => upload.resume()),
    on('file-removed', (file) => {
      // Where the server cannot be told, its lifecycle rule drops the parts.
      if (file.id === id) upload.abort().catch(() => {})
    }),
  ]

  try {
    const { key, location = '' } = await upload.result
    uppy.emit('upload-success', itself(), { status: 200, body: { key }, uploadURL: location })
  } catch (error) {
    // What has arrived is kept: Uppy's retry goes on from there.
    if (itself()) uppy.emit('upload-error', itself(), error as Error)
  } finally {
    for (const stop of stopListening) stop()
  }
}
