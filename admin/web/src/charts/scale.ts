// Round steps for a vertical axis: about four of them, the highest line above all values.

export type ScaleKind = 'count' | 'rate' | 'seconds'

export interface Scale {
  low: number
  high: number
  step: number
}

const MOST_STEPS = 4.6
const SECONDS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]

/** niceScale covers zero and all values between low and high with round steps. */
export function niceScale(low: number, high: number, kind: ScaleKind): Scale {
  const top = Math.max(high, 0)
  const bottom = Math.min(low, 0)
  if (top === bottom) return { low: 0, high: kind === 'seconds' ? 60 : 4, step: kind === 'seconds' ? 15 : 1 }
  // One or two of something are a few whole steps, not a wall up to the top.
  if (kind === 'count' && bottom === 0 && top <= 2) return { low: 0, high: 4, step: 1 }
  const step = roundStep((top - bottom) / MOST_STEPS, kind)
  const lines = (v: number) => Math.ceil(v / step - 1e-9)
  return { low: bottom < 0 ? -lines(-bottom) * step : 0, high: lines(top) * step, step }
}

function roundStep(least: number, kind: ScaleKind): number {
  if (kind === 'seconds') {
    const found = SECONDS.find((s) => s >= least)
    if (found) return found
  }
  const size = 10 ** Math.floor(Math.log10(least))
  const step = ([1, 2, 2.5, 5, 10].find((m) => m * size >= least) ?? 10) * size
  return kind === 'count' && step < 1 ? 1 : kind === 'count' && step === 2.5 ? 5 : step
}

/** lines lists the values of a scale's lines. */
export function lines(scale: Scale): number[] {
  const n = Math.round((scale.high - scale.low) / scale.step)
  return Array.from({ length: n + 1 }, (_, i) => Number((scale.low + i * scale.step).toPrecision(12)))
}
