import { useEffect } from 'react'

/** usePageTitle names the page in the browser's tab and history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Noctra`
  }, [title])
}
