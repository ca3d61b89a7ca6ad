import { useEffect, useState, type ReactElement, type ReactNode } from 'react'
import { Icon } from './icons'

interface CopyButtonProps {
  text: () => string
  className: string
  icon?: boolean
  children: ReactNode
}

/** CopyButton puts a text on the clipboard and says for two seconds whether that worked. */
export function CopyButton({ text, className, icon = false, children }: CopyButtonProps): ReactElement {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 2000)
    return () => clearTimeout(timer)
  }, [state])
  const copy = () => {
    void copyText(text()).then((done) => setState(done ? 'copied' : 'failed'))
  }
  return (
    <button type="button" className={className} onClick={copy}>
      {icon && <Icon name={state === 'copied' ? 'check' : 'copy'} />}
      <span aria-live="polite">{state === 'idle' ? children : state === 'copied' ? 'Copied' : 'Copying failed'}</span>
    </button>
  )
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

// The clipboard API exists on secure origins only; a dashboard on a plain address has this. What is
// behind an open dialog cannot be selected, so the text goes into the dialog.
function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'sr-only'
  ;(document.querySelector('dialog[open]') ?? document.body).append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  return done
}
