import type { UploadResult } from '../client/browser/index.ts'
import type { PartwayUpload } from './partway-upload.ts'
import type { Totals } from './totals.ts'
import type { Problem } from './upload-queue.ts'

/** The details of what `<partway-upload>` tells. Its events bubble, and leave shadow trees. */
export interface PartwayUploadDetails {
  'partway-added': { readonly name: string; readonly size: number }
  /** How all files stand together, at most once a frame. */
  'partway-change': Totals
  'partway-done': UploadResult & { readonly name: string }
  'partway-error': Problem & { readonly name: string }
  /** Nothing moves any more. */
  'partway-idle': undefined
  /** Somebody wants to sign in: open what signs them in, and have `token` answer. */
  'partway-sign-in': undefined
}

export type PartwayUploadEventMap = {
  [Type in keyof PartwayUploadDetails]: CustomEvent<PartwayUploadDetails[Type]>
}

declare global {
  interface HTMLElementTagNameMap {
    'partway-upload': PartwayUpload
  }
  interface GlobalEventHandlersEventMap extends PartwayUploadEventMap {}
}
