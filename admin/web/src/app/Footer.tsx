import type { ReactElement, ReactNode } from 'react'

/** Footer leads to what everybody may know, signed in or not: pages that are the service's own. */
export function Footer({ children }: { children?: ReactNode }): ReactElement {
  return (
    <footer className="foot">
      {children}
      <a href="/privacy/data">What is kept</a>
      <a href="/privacy/request">Ask about your data</a>
      <a href="/api/reference">API</a>
    </footer>
  )
}
