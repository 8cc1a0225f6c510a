import { Component, type ReactNode } from 'react'
import { ErrorState } from './Placeholders'

/** Shows an error instead of a page that failed to render, usually because its code could not be fetched. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return <ErrorState error={new Error(`This page failed to load: ${error.message}`)} onRetry={() => window.location.reload()} />
  }
}
