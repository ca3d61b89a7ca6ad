// A panel: the first rows of one dimension, its tabs, and the way to all rows.
import * as Tabs from '@radix-ui/react-tabs'
import type { ReactElement } from 'react'
import { BreakdownRows, type Choice } from './BreakdownRows'
import { ExportButton } from './ExportButton'
import type { Panel } from './panels'
import type { Overview } from './useOverview'
import type { Whole } from './whole'

interface BreakdownProps {
  panel: Panel
  overview: Overview
  whole: Whole
}

export function Breakdown({ panel, overview, whole }: BreakdownProps): ReactElement {
  const { state, update } = overview
  const wished = state.tabs[panel.id]
  const tab = panel.tabs.find((t) => wished !== undefined && t.dimensions.includes(wished)) ?? panel.tabs[0]
  const dimension = tab?.dimensions.find((d) => d === wished) ?? tab?.dimensions[0] ?? ''
  const choose = (next: string) => update({ tabs: tabsWith(state.tabs, panel, next) })
  const choice: Choice = { panel, tab, dimension, choose }
  return (
    <Tabs.Root
      asChild
      value={tab?.label ?? ''}
      onValueChange={(label) => choose(panel.tabs.find((t) => t.label === label)?.dimensions[0] ?? '')}
    >
      <section className={panel.wide ? 'panel wide' : 'panel'} aria-label={panel.title}>
        <header>
          <h2>{panel.title}</h2>
          {panel.tabs.length > 1 && (
            <Tabs.List aria-label={`${panel.title} by`} className="tabs">
              {panel.tabs.map((t) => (
                <Tabs.Trigger key={t.label} value={t.label}>
                  {t.label}
                </Tabs.Trigger>
              ))}
            </Tabs.List>
          )}
        </header>
        {panel.tabs.length > 1 ? (
          <Tabs.Content value={tab?.label ?? ''} tabIndex={-1}>
            <BreakdownRows choice={choice} overview={overview} whole={whole} />
          </Tabs.Content>
        ) : (
          <BreakdownRows choice={choice} overview={overview} whole={whole} />
        )}
        <footer>
          <button type="button" className="quiet-link" onClick={() => update({ details: dimension })}>
            {panel.all}
          </button>
          <ExportButton overview={overview} dimension={dimension} label={panel.listed ?? panel.title} />
        </footer>
      </section>
    </Tabs.Root>
  )
}

// The first dimension of the first tab is the default and is left out of the address.
function tabsWith(tabs: Record<string, string>, panel: Panel, dimension: string): Record<string, string> {
  const rest = Object.fromEntries(Object.entries(tabs).filter(([id]) => id !== panel.id))
  return dimension === panel.tabs[0]?.dimensions[0] ? rest : { ...rest, [panel.id]: dimension }
}
