import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { AskingProvider } from './components/Asking'
import { MessagesProvider } from './components/Messages'
import './index.css'

// The event stream says when something has changed; what it does not tell of is fetched now and then.
const queries = new QueryClient({
  defaultOptions: { queries: { staleTime: Infinity, retry: 1, refetchOnWindowFocus: false } },
})

// Going back shows a page as the browser has kept it: whoever was signed in then need not be now.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <MessagesProvider>
        <AskingProvider>
          <App />
        </AskingProvider>
      </MessagesProvider>
    </QueryClientProvider>
  </StrictMode>,
)
