import { Component, type ReactNode } from 'react'
import { Failed } from './States'

/** Shows, in the place of a page that cannot be drawn, why: most often the connection was lost while it was fetched. */
export class Boundary extends Component<{ children: ReactNode }, { fault?: Error }> {
  override state: { fault?: Error } = {}

  static getDerivedStateFromError(fault: Error) {
    return { fault }
  }

  override render() {
    const { fault } = this.state
    if (!fault) return this.props.children
    return <Failed error={new Error(`This page could not be shown: ${fault.message}`)} again={() => window.location.reload()} />
  }
}
