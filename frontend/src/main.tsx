import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { MessagesProvider } from './components/Messages'
import './index.css'

// The event stream says when something has changed, so nothing is fetched on a timer.
const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: 1 } } })

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <MessagesProvider>
        <App />
      </MessagesProvider>
    </QueryClientProvider>
  </StrictMode>,
)
