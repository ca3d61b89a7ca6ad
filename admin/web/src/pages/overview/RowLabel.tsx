import type { ReactElement } from 'react'
import { Icon } from '../../components/icons'
import { isChosen, toggle } from '../../filters/filters'
import { pageLink, valueName, webLink } from '../../format/names'
import type { Overview } from './useOverview'

interface RowLabelProps {
  dimension: string
  value: string
  /** fill is the row's part of the largest row, 0 to 1; null draws no bar. */
  fill: number | null
  overview: Overview
}

/** RowLabel is a row's heading: a bar, the name as a switch of its filter, a way out if it has one. */
export function RowLabel({ dimension, value, fill, overview }: RowLabelProps): ReactElement {
  return (
    <th scope="row">
      {fill !== null && <span className="fill" style={{ width: `calc(${Math.max(0, Math.min(1, fill))} * (100% - 20px))` }} />}
      <RowName dimension={dimension} value={value} overview={overview} />
    </th>
  )
}

export function RowName({ dimension, value, overview }: Omit<RowLabelProps, 'fill'>): ReactElement {
  const { state, setFilters, site } = overview
  const chosen = isChosen(state.filters, dimension, value)
  const name = valueName(dimension, value)
  const href = address(dimension, value, site.hostname)
  return (
    <span className="row-name">
      <button
        type="button"
        aria-pressed={chosen}
        title={chosen ? `${name}: take the filter away` : `${name}: filter by it`}
        onClick={() => setFilters(toggle(state.filters, dimension, value))}
      >
        {name}
      </button>
      {href && (
        <a className="out" href={href} target="_blank" rel="noopener noreferrer" aria-label={`Open ${name} in a new tab`}>
          <Icon name="external" />
        </a>
      )}
    </span>
  )
}

function address(dimension: string, value: string, hostname: string): string | null {
  if (dimension === 'visit:referrer') return webLink(value)
  return /_?page$/.test(dimension) ? pageLink(hostname, value) : null
}
