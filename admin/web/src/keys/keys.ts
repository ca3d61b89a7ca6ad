// Single-key shortcuts. They rest while someone types, while a dialog or menu is open, and
// when switched off (WCAG 2.1.4); the choice is kept on the device.
import { useEffect, useRef } from 'react'
import { readChoice, writeChoice } from '../app/storage'

const STORAGE_KEY = 'noctra.keys'

export function keysEnabled(): boolean {
  return readChoice(STORAGE_KEY) !== 'off'
}

export function setKeysEnabled(on: boolean): void {
  writeChoice(STORAGE_KEY, on ? 'on' : 'off')
}

/** keyName is the name a shortcut is bound by: D, /, ?, ArrowLeft, Escape. Null when not ours. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  return event.key.length === 1 ? event.key.toUpperCase() : event.key
}

const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]'
const OWN_ARROWS = '[role=tab], [role=menu], [role=listbox], [role=radiogroup], [data-scrolls]'
const OPEN = 'dialog[open], [role=menu], [data-popover]'

function belongsElsewhere(event: KeyboardEvent, name: string): boolean {
  if (event.defaultPrevented || event.isComposing) return true
  const target = event.target instanceof Element ? event.target : null
  if (target?.closest(TYPING) || document.querySelector(OPEN)) return true
  return name.startsWith('Arrow') && Boolean(target?.closest(OWN_ARROWS))
}

/** useKeys runs the handler of a pressed key, for as long as the component is there. */
export function useKeys(handlers: Record<string, () => void>): void {
  const current = useRef(handlers)
  current.current = handlers
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const name = keyName(event)
      const run = name === null ? undefined : current.current[name]
      if (!name || !run || !keysEnabled() || belongsElsewhere(event, name)) return
      event.preventDefault()
      run()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}
