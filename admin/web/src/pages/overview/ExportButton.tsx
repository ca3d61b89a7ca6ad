import { useRef, useState, type ReactElement } from 'react'
import { download } from '../../export/csv'
import { exportRows } from './exportRows'
import { detailMetrics } from './panels'
import type { Sort } from '../../components/DataTable'
import type { Overview } from './useOverview'

interface ExportButtonProps {
  overview: Overview
  dimension: string
  label: string
  search?: string
  sort?: Sort
}

/** ExportButton saves all rows of a dimension, as filtered, searched and sorted, as CSV. */
export function ExportButton({ overview, dimension, label, search = '', sort }: ExportButtonProps): ReactElement {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')
  const running = useRef<AbortController | null>(null)
  const save = async () => {
    if (running.current) return
    const controller = new AbortController()
    running.current = controller
    setState('busy')
    try {
      const ask = { dimension, metrics: detailMetrics(dimension), search, sort: sort ?? { column: 'visitors', descending: true } }
      const text = await exportRows(overview.scope, ask, controller.signal)
      const { from, to } = overview.range
      download(`${overview.site.name}-${dimension.replace(/^\w+:/, '')}-${from}-${to}.csv`, text)
      setState('idle')
    } catch {
      setState('failed')
    } finally {
      running.current = null
    }
  }
  return (
    <button type="button" className="quiet-link" aria-label={`Export ${label} as CSV`} onClick={() => void save()}>
      {state === 'busy' ? 'Exporting…' : state === 'failed' ? 'Export failed, again?' : 'Export'}
    </button>
  )
}
