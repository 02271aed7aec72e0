import { createClient } from 'partway/browser'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { WithElement } from './with-element.tsx'
import { WithHooks } from './with-hooks.tsx'

const api = new URLSearchParams(location.search).get('api') ?? 'http://localhost:8080'
// Outside of what is rendered: one client for all that the page sends.
const client = createClient({ url: api })

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <WithElement api={api} token={() => undefined} />
    <WithHooks client={client} />
  </StrictMode>,
)
