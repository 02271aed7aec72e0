import 'partway/element'
import type { PartwayUpload, PartwayUploadEventMap } from 'partway/element'
import { type DetailedHTMLProps, type HTMLAttributes, useState } from 'react'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'partway-upload': DetailedHTMLProps<HTMLAttributes<PartwayUpload>, PartwayUpload> & {
        endpoint?: string
        drop?: 'page' | 'element'
        token?: PartwayUpload['token']
        'onpartway-done'?: (event: PartwayUploadEventMap['partway-done']) => void
      }
    }
  }
}

/** The element needs no hook: React sets its properties, and listens to its events. */
export function WithElement({ api, token }: { api: string; token?: PartwayUpload['token'] }) {
  const [sent, setSent] = useState<readonly string[]>([])
  return (
    <section>
      <h1>With the element</h1>
      <partway-upload
        endpoint={api}
        drop="element"
        token={token}
        onpartway-done={({ detail: { name, key } }) => setSent((others) => [...others, `${name} is ${key}`])}
      />
      <ul aria-label="Sent">
        {sent.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  )
}
