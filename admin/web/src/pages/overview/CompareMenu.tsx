import type { ReactElement } from 'react'
import { Icon } from '../../components/icons'
import { Menu, MenuCheck, MenuChoices, MenuLine } from '../../components/Menu'
import { shortRange } from '../../format/date'
import { compared, comparisons, type Comparison } from '../../range/range'
import type { Overview } from './useOverview'

const names: Record<Comparison, string> = {
  previous_period: 'vs previous period',
  year_over_year: 'vs a year before',
  off: 'No comparison',
}

export function CompareMenu({ overview }: { overview: Overview }): ReactElement {
  const { state, range, now, update } = overview
  const options = comparisons.map((c) => {
    const against = compared(range, c.id, state.matchWeekday)
    return {
      id: c.id,
      label: (
        <span className="two-lines">
          {c.label}
          {against && <small>{shortRange(against, now.date)}</small>}
        </span>
      ),
    }
  })
  return (
    <Menu
      label="Comparison"
      align="end"
      trigger={
        <button type="button" className="ctl">
          {names[state.comparison]}
          <kbd aria-hidden="true">X</kbd>
          <Icon name="chevron" />
        </button>
      }
    >
      <MenuChoices value={state.comparison} options={options} onChange={(comparison) => update({ comparison })} />
      <MenuLine />
      <MenuCheck
        checked={state.matchWeekday}
        disabled={state.comparison === 'off'}
        onChange={(matchWeekday) => update({ matchWeekday })}
      >
        Match day of week
      </MenuCheck>
    </Menu>
  )
}
