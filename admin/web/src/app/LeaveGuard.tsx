// Asks before a page is left on which something was typed and not saved: for links and menus, and for
// the browser's back and forward.
import { useEffect, useState, type ReactElement, type ReactNode } from 'react'
import { Router, type AroundNavHandler } from 'wouter'
import { Modal } from '../components/Modal'
import { forget, unsaved } from '../forms/unsaved'

export function LeaveGuard({ children }: { children: ReactNode }): ReactElement {
  const [leave, setLeave] = useState<(() => void) | null>(null)
  const around: AroundNavHandler = (navigate, to, options) => {
    if (unsaved()) setLeave(() => () => navigate(to, options))
    else navigate(to, options)
  }
  useBackGuard((back) => setLeave(() => back))
  const go = () => {
    forget()
    setLeave(null)
    leave?.()
  }
  return (
    <Router aroundNav={around}>
      {children}
      {leave && (
        <Modal title="Leave without saving?" onClose={() => setLeave(null)}>
          <div className="form">
            <p>What you changed on this page is not saved yet.</p>
            <div className="form-foot">
              <button type="button" className="ctl primary" data-autofocus onClick={() => setLeave(null)}>
                Stay here
              </button>
              <button type="button" className="ctl danger-quiet" onClick={go}>
                Leave without saving
              </button>
            </div>
          </div>
        </Modal>
      )}
    </Router>
  )
}

let here = location.href
let asker: ((back: () => void) => void) | null = null

// A step back has happened when it is told. So the page is put on top of where it led to, and a second
// step back goes there. Windows call listeners in the order of their coming, so this one comes before
// those of the router: with the module, not with a component.
window.addEventListener('popstate', (event) => {
  if (!unsaved() || !asker || location.href === here) return
  event.stopImmediatePropagation()
  history.pushState(null, '', here)
  asker(() => history.back())
})
document.addEventListener('input', () => {
  if (unsaved()) here = location.href
})

function useBackGuard(ask: (back: () => void) => void): void {
  useEffect(() => {
    asker = ask
    return () => {
      asker = null
    }
  }, [])
}
