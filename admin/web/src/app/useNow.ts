import { useEffect, useState } from 'react'
import { zoned, type ZonedTime } from '../range/date'

const TICK_MS = 10_000

/** useNow is the wall clock of a time zone, to the hour: it changes when a bucket or day ends. */
export function useNow(timeZone: string): ZonedTime {
  const read = () => ({ ...zoned(new Date(), timeZone), minute: 0 })
  const [now, setNow] = useState(read)
  useEffect(() => {
    const timer = setInterval(() => {
      setNow((old) => {
        const next = read()
        return old.date === next.date && old.hour === next.hour ? old : next
      })
    }, TICK_MS)
    return () => clearInterval(timer)
  }, [timeZone])
  return now
}

/** useTick is the moment in milliseconds, renewed every given interval. */
export function useTick(intervalMs: number): number {
  const [at, setAt] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setAt(Date.now()), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  return at
}
