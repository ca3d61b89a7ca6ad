// A line over time with the compared range behind it and a tooltip that compares the two.
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../app/theme'
import { CHART_HEIGHT, chartOptions, type ChartLook } from './options'
import type { Drawn } from './series'

interface TimeChartProps {
  data: Drawn
  look: ChartLook
  /** identity changes whenever axes or colours must be drawn anew. */
  identity: string
  label: string
  tooltip: (index: number) => ReactNode
}

interface Hover {
  index: number
  left: number
  flip: boolean
}

export function TimeChart({ data, look, identity, label, tooltip }: TimeChartProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [hover, setHover] = useState<Hover | null>(null)
  const theme = useTheme()
  const latest = useRef({ data, look })
  latest.current = { data, look }

  useLayoutEffect(() => {
    const host = box.current
    if (!host) return
    const options = chartOptions(host.clientWidth, latest.current.look, (u) => setHover(hoverOf(u)))
    const made = new uPlot(options, columns(latest.current.data), host)
    plot.current = made
    setHover(null)
    const resized = new ResizeObserver(() => {
      if (host.clientWidth > 0) made.setSize({ width: host.clientWidth, height: CHART_HEIGHT })
    })
    resized.observe(host)
    void document.fonts.ready.then(() => plot.current === made && made.redraw(false, true))
    return () => {
      resized.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [identity, theme])

  useEffect(() => {
    plot.current?.setData(columns(data))
  }, [data])

  return (
    <div className="chart">
      <div ref={box} className="chart-canvas" role="img" aria-label={label} />
      {hover && (
        <div className="tip" style={{ transform: hover.flip ? `translateX(calc(${hover.left - 14}px - 100%))` : `translateX(${hover.left + 14}px)` }}>
          {tooltip(hover.index)}
        </div>
      )}
    </div>
  )
}

function columns(d: Drawn): uPlot.AlignedData {
  return [d.positions, d.previous, d.closed, d.open]
}

function hoverOf(u: uPlot): Hover | null {
  const index = u.cursor.idx
  if (index === null || index === undefined || (u.cursor.left ?? -1) < 0) return null
  const left = u.valToPos(index, 'x') + u.over.offsetLeft
  return { index, left, flip: left > u.width * 0.62 }
}
