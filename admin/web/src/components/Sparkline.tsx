import type { ReactElement } from 'react'

const WIDTH = 96
const HEIGHT = 24
const MOST_POINTS = 48

/** Sparkline draws the shape of a series; gaps are skipped, long series are averaged. */
export function Sparkline({ values }: { values: readonly (number | null)[] }): ReactElement {
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={sparkPoints(values)} />
    </svg>
  )
}

export function sparkPoints(values: readonly (number | null)[]): string {
  const known = thin(values.filter((v) => v !== null))
  if (known.length < 2) return ''
  const low = Math.min(...known)
  const spread = Math.max(...known) - low
  if (spread === 0) return `0,${HEIGHT - 3} ${WIDTH},${HEIGHT - 3}`
  const y = (v: number) => HEIGHT - 3 - ((v - low) / spread) * (HEIGHT - 6)
  return known.map((v, i) => `${((i / (known.length - 1)) * WIDTH).toFixed(1)},${y(v).toFixed(1)}`).join(' ')
}

function thin(values: number[]): number[] {
  const size = Math.ceil(values.length / MOST_POINTS)
  if (size <= 1) return values
  const out: number[] = []
  for (let i = 0; i < values.length; i += size) {
    const part = values.slice(i, i + size)
    out.push(part.reduce((a, b) => a + b, 0) / part.length)
  }
  return out
}
