import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { previewErase } from '../../api/erasures'
import { useKept } from '../../api/retention'
import type { Site } from '../../api/types'
import { counted } from '../../format/number'
import { sentence } from '../../forms/problems'
import { holds, siteNames, storeName } from './erasureWords'

/** WouldFind says what an erasure would find now, where; it takes as long as it takes to look, and nobody has to wait for it. */
export function WouldFind({ body, sites }: { body: string; sites: Site[] }): ReactElement {
  const kept = useKept()
  // Whom it is about is forgotten with the dialog, also by the cache.
  const looked = useQuery({ queryKey: ['erasures', 'preview', body], queryFn: ({ signal }) => previewErase(body, signal), staleTime: 60_000, gcTime: 0, retry: false })
  if (looked.isPending) return <span aria-busy="true">Being looked for…</span>
  if (looked.isError) {
    return (
      <>
        {sentence(looked.error)} It can be erased all the same.{' '}
        <button type="button" className="link" onClick={() => void looked.refetch()}>
          Look again
        </button>
      </>
    )
  }
  if (looked.data.length === 0) return <>Nothing. Erasing it still keeps such events out, and those that are on their way.</>
  return (
    <ul className="would-find">
      {looked.data.map((f) => (
        <li key={f.store + f.table + f.siteId}>
          <b>{f.more ? `More than ${counted(f.rows, 'row')}` : counted(f.rows, 'row')}</b> in {storeName(f.store)}, {f.table}
          {sites.length > 1 && f.siteId && ` of ${siteNames([f.siteId], sites)}`}
          <small>{holds(f.store, f.table, kept.data?.places ?? [])}</small>
        </li>
      ))}
    </ul>
  )
}
