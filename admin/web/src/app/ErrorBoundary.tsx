import { Component, type ErrorInfo, type ReactElement, type ReactNode } from 'react'
import { Message } from './Shell'

interface State {
  failed: boolean
}

/** ErrorBoundary keeps a fault in one component from leaving a blank page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false }

  static getDerivedStateFromError(): State {
    return { failed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('page failed', error, info.componentStack)
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children
  }
}

function Broken(): ReactElement {
  return (
    <Message title="This page broke">
      <p>Your figures are safe; only this view of them failed. Loading it again usually helps.</p>
      <button type="button" className="ctl" onClick={() => location.reload()}>
        Load again
      </button>
    </Message>
  )
}
