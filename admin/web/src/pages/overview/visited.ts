// Which rows a panel shows. Pure: tested without a page.
import type { Row } from '../../api/types'
import { numeric } from '../../format/metrics'
import type { Panel } from './panels'

/** An entry is a row with the dimension that it is a value of. */
export interface Entry {
  dimension: string
  row: Row
}

/**
 * visited lists a panel's rows, its lead first. Events of nobody known, such as a refund that a
 * server sent, make rows without a visitor: they stand in the details, where events count too. The
 * lead stays while it has any figure: a server's sale is one without a visitor.
 */
export function visited(panel: Panel, dimension: string, rows: readonly Row[], lead: readonly Row[] = []): Entry[] {
  const above = lead.filter((row) => row.metrics.some((m) => (numeric(m) ?? 0) > 0))
  const others = rows.filter((row) => (numeric(row.metrics[0]) ?? 0) > 0)
  return [...above.map((row) => ({ dimension: panel.lead?.dimension ?? dimension, row })), ...others.map((row) => ({ dimension, row }))]
}
