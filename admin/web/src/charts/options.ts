// How uPlot draws a time chart. Colours come from the tokens in force, read once per drawing.
import uPlot from 'uplot'
import type { Interval } from '../range/interval'
import { ticks } from './series'

export interface ChartLook {
  interval: Interval
  count: number
  axisX: (index: number) => string
  axisY: (value: number) => string
  /** wholeNumbers keeps fractions off the axis of counts; seconds makes its steps of minutes. */
  scale: 'count' | 'rate' | 'seconds'
}

export const CHART_HEIGHT = 252

const FONT = '11.5px "Inter Variable", "Inter Fallback", sans-serif'
const WHOLE = [1, 2, 5, 10, 20, 25, 50].flatMap((n) => [0, 2, 4, 6, 8].map((e) => n * 10 ** e)).sort((a, b) => a - b)
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800]

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

export function chartOptions(width: number, look: ChartLook, onCursor: (u: uPlot) => void): uPlot.Options {
  const accent = token('--accent')
  return {
    width,
    height: CHART_HEIGHT,
    padding: [14, 12, 0, 0],
    legend: { show: false },
    scales: { x: { time: false, range: [0, Math.max(1, look.count - 1)] }, y: { range: yRange } },
    axes: [xAxis(look), yAxis(look)],
    series: [
      {},
      { stroke: token('--prev'), width: 1.4, dash: [2, 4], points: { show: false } },
      { stroke: accent, width: 2, fill: token('--area'), points: dots(look.count <= 2, accent) },
      { stroke: accent, width: 2, dash: [4, 4], fill: token('--area'), points: dots(look.count <= 2, accent) },
    ],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, width: 2, stroke: accent, fill: token('--surface') },
      focus: { prox: -1 },
    },
    hooks: { setCursor: [onCursor] },
  }
}

function dots(show: boolean, stroke: string): uPlot.Series.Points {
  return { show, size: 7, width: 2, stroke, fill: token('--surface') }
}

function yRange(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (high === null || (high <= 0 && (low ?? 0) >= 0)) return [0, 1]
  const [, top] = uPlot.rangeNum(0, Math.max(high, 0), 0.08, true)
  return [Math.min(0, low ?? 0) * 1.08, top ?? high]
}

function xAxis(look: ChartLook): uPlot.Axis {
  return {
    stroke: token('--ink-3'),
    font: FONT,
    size: 30,
    gap: 8,
    grid: { show: false },
    ticks: { show: false },
    splits: (u) => ticks(look.count, look.interval, u.bbox.width / devicePixelRatio, 76),
    values: (_, splits) => splits.map((i) => look.axisX(i)),
  }
}

function yAxis(look: ChartLook): uPlot.Axis {
  return {
    stroke: token('--ink-3'),
    font: FONT,
    size: 54,
    gap: 10,
    space: 44,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map((v) => look.axisY(v)),
    ...(look.scale === 'count' ? { incrs: WHOLE } : look.scale === 'seconds' ? { incrs: SECONDS } : {}),
  }
}
