import { useEffect, useState, type ReactElement } from 'react'
import { Icon } from './icons'

const TYPING_MS = 300

interface SearchProps {
  label: string
  placeholder: string
  maxLength: number
  text: string
  choose: (text: string) => void
}

/** Search asks when typing has paused. */
export function Search({ label, placeholder, maxLength, text, choose }: SearchProps): ReactElement {
  const [typed, setTyped] = useState(text)
  useEffect(() => setTyped(text), [text])
  useEffect(() => {
    if (typed === text) return
    const timer = setTimeout(() => choose(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <span className="find">
      <Icon name="search" />
      <input type="search" className="field" aria-label={label} placeholder={placeholder} maxLength={maxLength} value={typed} onChange={(e) => setTyped(e.target.value)} />
    </span>
  )
}
