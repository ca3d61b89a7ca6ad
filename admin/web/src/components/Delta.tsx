import type { ReactElement } from 'react'
import type { Change } from '../format/metrics'
import { NONE } from '../format/number'

const signs = { up: '▲', down: '▼', flat: '' } as const
const classes = { better: 'up', worse: 'down', same: 'dim' } as const
const spoken = { up: 'up ', down: 'down ', flat: '' } as const

/** Delta shows a change with sign, shape and colour; better is green also when it falls. */
export function Delta({ change }: { change: Change | null }): ReactElement {
  if (!change) return <span className="delta dim">{NONE}</span>
  return (
    <span className={`delta ${classes[change.verdict]}`}>
      {change.direction !== 'flat' && <span aria-hidden="true">{signs[change.direction]} </span>}
      <span className="sr-only">{spoken[change.direction]}</span>
      {change.text}
    </span>
  )
}
