// All rows of a dimension as CSV, fetched page by page.
import { fetchQuery } from '../../api/client'
import type { Row, Value } from '../../api/types'
import { csv, type Cell } from '../../export/csv'
import { detailsQuery, type DetailsAsk, type Scope } from './requests'

const PAGE = 1000
const MOST_ROWS = 100_000

/** asCell keeps money's digits as they came and everything else as number or text. */
export function asCell(value: Value): Cell {
  return typeof value === 'string' ? { decimal: value } : value
}

/** exportRows asks for every row (a hundred thousand at most) and writes them as CSV. */
export async function exportRows(scope: Scope, ask: Omit<DetailsAsk, 'offset' | 'limit'>, signal: AbortSignal): Promise<string> {
  const rows: Row[] = []
  for (let offset = 0; offset < MOST_ROWS; offset += PAGE) {
    const answer = await fetchQuery(detailsQuery(scope, { ...ask, offset, limit: PAGE }), signal)
    rows.push(...answer.rows)
    if (answer.rows.length < PAGE) break
  }
  const compared = scope.compared ? ask.metrics.map((m) => `compared_${m}`) : []
  const header = [ask.dimension, ...ask.metrics, ...compared]
  const lines = rows.map((row) => [
    row.dimensions[0] ?? '',
    ...ask.metrics.map((_, i) => asCell(row.metrics[i] ?? null)),
    ...compared.map((_, i) => asCell(row.comparison?.[i] ?? null)),
  ])
  return csv(header, lines)
}
