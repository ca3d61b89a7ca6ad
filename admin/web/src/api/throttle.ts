/** Throttled runs at once, then at most once per interval; a call in between runs at its end. */
export interface Throttled {
  (): void
  cancel(): void
}

export function throttle(run: () => void, intervalMs: number, now: () => number = Date.now): Throttled {
  let last = -Infinity
  let timer: ReturnType<typeof setTimeout> | null = null
  const fire = () => {
    timer = null
    last = now()
    run()
  }
  const throttled = () => {
    if (timer !== null) return
    const wait = last + intervalMs - now()
    if (wait <= 0) fire()
    else timer = setTimeout(fire, wait)
  }
  throttled.cancel = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  return throttled
}
