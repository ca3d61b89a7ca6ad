// Sending something that changes the service: one at a time, and what became of it.
import { useCallback, useRef, useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { ApiError } from '../api/client'

export interface Send<A extends unknown[]> {
  run: (...args: A) => void
  pending: boolean
  /** error is why the last attempt failed, null after one that did not. */
  error: Error | null
  /** at counts attempts that ended, so that the same error twice is news twice. */
  at: number
}

/** useSend runs work that is not to be started twice; done gets its result. */
export function useSend<A extends unknown[], T>(work: (...args: A) => Promise<T>, done: (result: T) => unknown): Send<A> {
  const client = useQueryClient()
  const [state, setState] = useState<{ pending: boolean; error: Error | null; at: number }>({ pending: false, error: null, at: 0 })
  const busy = useRef(false)
  const latest = useRef({ work, done })
  latest.current = { work, done }
  const run = useCallback(
    (...args: A) => {
      if (busy.current) return
      busy.current = true
      setState((s) => ({ ...s, pending: true }))
      const attempt = async () => {
        let error: Error | null = null
        try {
          const result = await latest.current.work(...args)
          await latest.current.done(result)
        } catch (cause) {
          error = cause instanceof Error ? cause : new Error(String(cause))
        }
        busy.current = false
        setState((s) => ({ pending: false, error, at: s.at + 1 }))
        // The sign-in ended elsewhere: who is signed in is asked again, and the page asks to sign in.
        if (error instanceof ApiError && error.code === 'signed_out') void client.invalidateQueries({ queryKey: ['me'] })
      }
      void attempt()
    },
    [client],
  )
  return { run, ...state }
}
