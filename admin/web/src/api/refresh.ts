// What is on the page is asked again when there is news.
import { throttle, type Throttled } from './throttle'

interface Asking {
  busy: () => boolean // whether an answer is under way
  ask: () => Promise<unknown> // asks again, and leaves alone what is under way
  intervalMs: number
}

/**
 * refresher asks again at most once an interval. An answer that was under way when the news came may have
 * been read before it, so after it is there it is asked for once more: the last news is never missed, and
 * a slow answer is never given up for a newer one.
 */
export function refresher({ busy, ask, intervalMs }: Asking): Throttled {
  let ended = false
  const again = throttle(() => {
    const late = busy()
    void ask().finally(() => {
      if (late && !ended) again()
    })
  }, intervalMs)
  const refresh = () => {
    ended = false
    again()
  }
  refresh.cancel = () => {
    ended = true
    again.cancel()
  }
  return refresh
}
