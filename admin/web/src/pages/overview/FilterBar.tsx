import type { ReactElement } from 'react'
import type { Filter } from '../../api/types'
import { Icon } from '../../components/icons'
import { dimensionLabel, operatorName } from '../../filters/filters'
import { valueName } from '../../format/names'
import { FilterDialog } from './FilterDialog'
import type { Dialog } from './OverviewPage'
import type { Overview } from './useOverview'

interface FilterBarProps {
  overview: Overview
  dialog: Dialog
  setDialog: (dialog: Dialog) => void
}

export function FilterBar({ overview, dialog, setDialog }: FilterBarProps): ReactElement {
  const { state, setFilters } = overview
  const without = (index: number) => setFilters(state.filters.filter((_, i) => i !== index))
  return (
    <div className="chips" role="group" aria-label="Filters">
      {state.filters.map((filter, index) => (
        <span key={filter.join()} className="chip">
          <button type="button" title="Change this filter" onClick={() => setDialog({ kind: 'filter', index })}>
            {dimensionLabel(filter[1])} <em>{operatorName(filter[0])}</em> <b>{valueText(filter)}</b>
          </button>
          <button type="button" className="chip-remove" aria-label={`Remove filter ${filterText(filter)}`} onClick={() => without(index)}>
            <Icon name="close" />
          </button>
        </span>
      ))}
      <button type="button" className="chip add" onClick={() => setDialog({ kind: 'filter', index: null })}>
        <Icon name="plus" />
        Filter
        <kbd aria-hidden="true">/</kbd>
      </button>
      {state.filters.length > 1 && (
        <button type="button" className="quiet-link" onClick={() => setFilters([])}>
          Clear all
          <kbd aria-hidden="true">Esc</kbd>
        </button>
      )}
      {dialog?.kind === 'filter' && (
        <FilterDialog overview={overview} index={dialog.index} onClose={() => setDialog(null)} />
      )}
    </div>
  )
}

const SHOWN_VALUES = 2

function valueText([, dimension, values]: Filter): string {
  const names = values.slice(0, SHOWN_VALUES).map((v) => valueName(dimension, v))
  const more = values.length - names.length
  return names.join(' or ') + (more > 0 ? ` or ${more} more` : '')
}

function filterText(filter: Filter): string {
  return `${dimensionLabel(filter[1])} ${operatorName(filter[0])} ${valueText(filter)}`
}
