// What was typed and not saved: who leaves it is asked first. Forms say that they hold something; the
// browser asks when the window is closed, app/LeaveGuard.tsx when another page is opened.
import { useEffect, useRef, type RefObject } from 'react'
import { valuesOf } from './values'

const holders = new Set<object>()

/** unsaved tells whether any form holds something. */
export const unsaved = (): boolean => holders.size > 0

/** forget drops all that is held: the person has said so. */
export const forget = (): void => holders.clear()

if (typeof window !== 'undefined') {
  window.addEventListener('beforeunload', (event) => {
    if (unsaved()) event.preventDefault()
  })
}

interface Unsaved {
  /** look compares the form with what stood in it at first. */
  look: () => void
  saved: () => void
}

export function useUnsaved(ref: RefObject<HTMLFormElement | null>, on: boolean): Unsaved {
  const holder = useRef({})
  const first = useRef('')
  const read = () => JSON.stringify(valuesOf(ref.current))
  const drop = () => void holders.delete(holder.current)
  useEffect(() => {
    first.current = read()
    return drop
  }, [])
  return {
    look: () => {
      if (on && read() !== first.current) holders.add(holder.current)
      else drop()
    },
    saved: () => {
      first.current = read()
      drop()
    },
  }
}
