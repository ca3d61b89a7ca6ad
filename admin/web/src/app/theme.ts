// Light, dark, or as the system says. public/theme.js applies the same choice before the
// first paint.
import { useEffect, useState, useSyncExternalStore } from 'react'
import { readChoice, writeChoice } from './storage'

export type ThemeChoice = 'system' | 'light' | 'dark'

const STORAGE_KEY = 'noctra.theme'
const darkSystem = () => window.matchMedia('(prefers-color-scheme: dark)')

function stored(): ThemeChoice {
  const choice = readChoice(STORAGE_KEY)
  return choice === 'light' || choice === 'dark' ? choice : 'system'
}

function apply(choice: ThemeChoice): void {
  const dark = choice === 'dark' || (choice === 'system' && darkSystem().matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
}

/** useThemeChoice is the choice and how to make it; it follows the system while that is chosen. */
export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  const [choice, setChoice] = useState(stored)
  useEffect(() => {
    apply(choice)
    const system = darkSystem()
    const follow = () => apply(stored())
    system.addEventListener('change', follow)
    return () => system.removeEventListener('change', follow)
  }, [choice])
  const choose = (next: ThemeChoice) => {
    writeChoice(STORAGE_KEY, next)
    setChoice(next)
  }
  return [choice, choose]
}

function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}

/** useTheme is the theme in force, for what is drawn on a canvas. */
export function useTheme(): string {
  return useSyncExternalStore(watchTheme, () => document.documentElement.dataset['theme'] ?? 'light')
}
