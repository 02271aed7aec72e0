import { createClient } from 'partway/browser'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const api = new URLSearchParams(location.search).get('api') ?? 'http://localhost:8080'
const client = createClient({ url: api })

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
)
