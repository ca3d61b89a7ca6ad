// The overview's keys. The same list, in words, is shown by KeyHelp.
import type { RefObject } from 'react'
import { useKeys } from '../../keys/keys'
import { comparisons, presets, step } from '../../range/range'
import type { Dialog } from './OverviewPage'
import type { Overview } from './useOverview'

interface Shortcuts {
  overview: Overview
  setDialog: (dialog: Dialog) => void
  openPicker: () => void
  live: RefObject<HTMLElement | null>
}

export function useShortcuts({ overview, setDialog, openPicker, live }: Shortcuts): void {
  const { state, choice, now, update } = overview
  const move = (direction: -1 | 1) => {
    const next = step(choice, direction, now.date)
    if (next) update({ choice: next })
  }
  const nextComparison = () => {
    const i = comparisons.findIndex((c) => c.id === state.comparison)
    update({ comparison: comparisons[(i + 1) % comparisons.length]?.id ?? 'previous_period' })
  }
  const ranges = presets.flatMap((p) => (p.key ? [[p.key, () => update({ choice: { preset: p.id } })] as const] : []))
  useKeys({
    ...Object.fromEntries(ranges),
    R: () => {
      live.current?.scrollIntoView({ block: 'center', behavior: calm() ? 'auto' : 'smooth' })
      live.current?.focus({ preventScroll: true })
    },
    C: openPicker,
    X: nextComparison,
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    '/': () => setDialog({ kind: 'filter', index: null }),
    '?': () => setDialog({ kind: 'keys' }),
    Escape: () => {
      if (state.filters.length > 0) update({ filters: [] })
    },
  })
}

function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
