import type { ReactElement } from 'react'
import { useSearchParams } from 'wouter'
import type { Site } from '../../api/types'
import { LAST_SITE } from '../../app/paths'
import { readChoice } from '../../app/storage'

/** useChosenSite is the site that the address names (site=KEY), or the one that was looked at last. */
export function useChosenSite(sites: readonly Site[]): [Site | undefined, (key: string) => void] {
  const [query, setQuery] = useSearchParams()
  const find = (key: string | null) => sites.find((s) => s.publicKey === key)
  const choose = (key: string) => setQuery(new URLSearchParams({ site: key }))
  return [find(query.get('site')) ?? find(readChoice(LAST_SITE)) ?? sites[0], choose]
}

interface PickerProps {
  sites: readonly Site[]
  chosen: Site
  choose: (key: string) => void
}

export function SitePicker({ sites, chosen, choose }: PickerProps): ReactElement {
  return (
    <select className="field" aria-label="Site" value={chosen.publicKey} onChange={(e) => choose(e.target.value)}>
      {sites.map((s) => (
        <option key={s.id} value={s.publicKey}>
          {s.name}
        </option>
      ))}
    </select>
  )
}
