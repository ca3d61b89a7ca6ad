// A modal dialog on the platform's own <dialog>: focus stays inside, what is behind is inert,
// Esc closes, focus returns. It needs no injected styles, which the page's security policy
// would refuse.
import { useEffect, useId, useRef, type MouseEvent, type ReactElement, type ReactNode } from 'react'
import { Icon } from './icons'

interface ModalProps {
  title: string
  onClose: () => void
  size?: 'narrow' | 'wide'
  /** held dialogs show something that is shown once: only their own buttons close them. */
  held?: boolean
  header?: ReactNode
  footer?: ReactNode
  children: ReactNode
}

export function Modal({ title, onClose, size = 'narrow', held = false, header, footer, children }: ModalProps): ReactElement {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    const back = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog?.close()
      if (back instanceof HTMLElement) back.focus()
    }
  }, [])
  const closeOnBackdrop = (event: MouseEvent) => {
    if (event.target === ref.current && !held) onClose()
  }
  // Browsers close a dialog at the second Esc, whatever was prevented.
  const closed = () => {
    if (ref.current?.open) return
    if (held) ref.current?.showModal()
    else onClose()
  }
  return (
    <dialog
      ref={ref}
      className={`modal ${size}`}
      aria-labelledby={titleId}
      onMouseDown={closeOnBackdrop}
      onCancel={(event) => {
        event.preventDefault()
        if (!held) onClose()
      }}
      onClose={closed}
    >
      <div className="modal-box">
        <header className="modal-head">
          <h2 id={titleId}>{title}</h2>
          {header}
          {!held && (
            <button type="button" className="icon-button" onClick={onClose} aria-label="Close">
              <Icon name="close" />
            </button>
          )}
        </header>
        <div className="modal-body">{children}</div>
        {footer && <footer className="modal-foot">{footer}</footer>}
      </div>
    </dialog>
  )
}
