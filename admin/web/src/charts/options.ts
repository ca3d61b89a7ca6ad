// How uPlot draws a time chart. Colours come from the tokens in force, read once per drawing.
import uPlot from 'uplot'
import type { Interval } from '../range/interval'
import { lines, niceScale, type ScaleKind } from './scale'
import { lone, ticks } from './series'

export interface ChartLook {
  interval: Interval
  count: number
  axisX: (index: number) => string
  axisY: (value: number) => string
  scale: ScaleKind
}

export const CHART_HEIGHT = 252

const FONT = '11.5px "Inter Variable", "Inter Fallback", sans-serif'

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

export function chartOptions(width: number, look: ChartLook, onCursor: (u: uPlot) => void): uPlot.Options {
  const accent = token('--accent')
  const vertical = niceAxis(look)
  return {
    width,
    height: CHART_HEIGHT,
    padding: [14, 12, 0, 0],
    legend: { show: false },
    scales: { x: { time: false, range: [0, Math.max(1, look.count - 1)] }, y: { range: vertical.range } },
    axes: [xAxis(look), vertical.axis],
    series: [
      {},
      { stroke: token('--prev'), width: 1.4, dash: [2, 4], points: dots(token('--prev')) },
      { stroke: accent, width: 2, fill: token('--area'), points: dots(accent) },
      { stroke: accent, width: 2, dash: [4, 4], fill: token('--area'), points: dots(accent) },
    ],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, width: 2, stroke: (_, i) => (i === 1 ? token('--prev') : accent), fill: token('--surface') },
      move: (u, left, top) => [left < 0 ? left : Math.round(u.valToPos(u.posToIdx(left), 'x')), top],
    },
    hooks: { setCursor: [onCursor] },
  }
}

// Dots stand where a value has no neighbour, and no line would show it.
function dots(stroke: string): uPlot.Series.Points {
  const only = (u: uPlot, series: number) => lone(Array.from(u.data[series] ?? []))
  return { show: true, size: 7, width: 2, stroke, fill: token('--surface'), filter: only }
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

// The range of the axis and its lines are chosen together, whenever the data change.
function niceAxis(look: ChartLook): { range: uPlot.Scale.Range; axis: uPlot.Axis } {
  let scale = niceScale(0, 0, look.scale)
  return {
    range: (_, low, high) => {
      scale = niceScale(low ?? 0, high ?? 0, look.scale)
      return [scale.low, scale.high]
    },
    axis: {
      stroke: token('--ink-3'),
      font: FONT,
      size: 54,
      gap: 10,
      grid: { stroke: token('--line'), width: 1 },
      ticks: { show: false },
      splits: () => lines(scale),
      values: (_, splits) => splits.map((v) => look.axisY(v)),
    },
  }
}
