// Long lists, asked for page by page as somebody goes back in them.
import { useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query'
import { request } from './client'
import { fields, list, text } from './decode'

export interface PageOf<T> {
  rows: T[]
  next: string
}

interface Listed<T> {
  key: readonly unknown[]
  path: string
  /** name is the field of the answer that has the rows. */
  name: string
  decode: (v: unknown) => T
  enabled?: boolean
  /** everyMs asks again while any row says so. */
  moving?: { everyMs: number; while: (row: T) => boolean }
}

const PAGE = 50

export function usePages<T>({ key, path, name, decode, moving, enabled = true }: Listed<T>): UseInfiniteQueryResult<InfiniteData<PageOf<T>>> {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ signal, pageParam }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''
      return request(`${path}?limit=${PAGE}${cursor}`, { signal }, (body) => ({ rows: list(fields(body)[name]).map(decode), next: text(fields(body)['next_cursor']) }))
    },
    enabled,
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: ({ state }) => (moving && state.data?.pages.some((p) => p.rows.some(moving.while)) ? moving.everyMs : false),
  })
}
