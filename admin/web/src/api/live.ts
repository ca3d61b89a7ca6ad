// The live stream of a site. EventSource reconnects by itself after a lost connection, but
// gives up on an error status; then a new one is opened, with a growing pause.
import { useEffect, useRef, useState } from 'react'
import { liveAddress } from './client'
import { decodeLive } from './decode'
import type { Live } from './types'

export type LiveState = 'connecting' | 'live' | 'reconnecting'

export interface LiveStream {
  state: LiveState
  live: Live | null
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

export interface LiveHandlers {
  onState: (state: LiveState) => void
  onLive: (live: Live) => void
}

/** openLive listens until the returned function is called. */
export function openLive(siteId: string, handlers: LiveHandlers): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let pause = FIRST_PAUSE_MS

  const connect = () => {
    source = new EventSource(liveAddress(siteId))
    source.addEventListener('live', (message: MessageEvent<string>) => {
      const live = read(message.data)
      if (!live) return
      pause = FIRST_PAUSE_MS
      handlers.onState('live')
      handlers.onLive(live)
    })
    source.addEventListener('error', () => {
      handlers.onState('reconnecting')
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(connect, pause)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    })
  }
  connect()
  return () => {
    if (timer !== null) clearTimeout(timer)
    source?.close()
  }
}

function read(data: string): Live | null {
  try {
    return decodeLive(JSON.parse(data))
  } catch {
    return null
  }
}

/**
 * newsOf is another text whenever events came: late ones and such as are no pageviews too. The moment of
 * insertion may be known before the rows are seen, and is the same for two inserts that overlap, so what
 * is seen of the last half hour is in it as well.
 */
const newsOf = (live: Live): string => `${live.insertedAt}/${live.lastEventAt}/${live.events30m}`

/** useLive follows a site; onEvent runs whenever events came. */
export function useLive(siteId: string, onEvent: () => void): LiveStream {
  const [stream, setStream] = useState<LiveStream>({ state: 'connecting', live: null })
  const notify = useRef(onEvent)
  notify.current = onEvent

  useEffect(() => {
    let last: string | null | undefined
    setStream({ state: 'connecting', live: null })
    return openLive(siteId, {
      onState: (state) => setStream((s) => (s.state === state ? s : { ...s, state })),
      onLive: (live) => {
        setStream({ state: 'live', live })
        const seen = newsOf(live)
        if (last !== undefined && seen !== last) notify.current()
        last = seen
      },
    })
  }, [siteId])
  return stream
}
