// Report queries as React hooks. All keys begin with ['stats', site], so that one call makes
// a site's reports ask again.
import { keepPreviousData, QueryCache, QueryClient, skipToken, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { ApiError, fetchFreshness, fetchMe, fetchQuery } from './client'
import type { Freshness, Me, QueryRequest, QueryResponse } from './types'

const meKey = ['me'] as const

export function newQueryClient(): QueryClient {
  // A sign-in that ended while the page was open: who is signed in is asked again, once.
  const onError = (error: Error, query: { queryKey: readonly unknown[] }) => {
    if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== meKey[0]) void client.invalidateQueries({ queryKey: meKey })
  }
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.temporary,
        retryDelay: (failures, error) =>
          (error instanceof ApiError ? error.retryAfterMs : null) ?? Math.min(500 * 2 ** failures, 8000),
      },
    },
  })
  return client
}

export const statsKey = (siteKey: string) => ['stats', siteKey] as const

/** useStats keeps showing the last answer while a changed question of the same report loads. */
export function useStats(query: QueryRequest | null): UseQueryResult<QueryResponse> {
  return useQuery({
    queryKey: [...statsKey(query?.site_id ?? ''), query],
    queryFn: query ? ({ signal }) => fetchQuery(query, signal) : skipToken,
    placeholderData: keepPreviousData,
  })
}

export const historyKey = (siteKey: string) => ['history', siteKey] as const

const HISTORY_STALE_MS = 15_000

/** useHistory tells whether anything matches a query. What has been found once is not asked again. */
export function useHistory(query: QueryRequest, enabled: boolean): UseQueryResult<boolean> {
  return useQuery({
    queryKey: [...historyKey(query.site_id), query],
    queryFn: async ({ signal }) => Number((await fetchQuery(query, signal)).rows[0]?.metrics[0] ?? 0) > 0,
    staleTime: ({ state }) => (state.data === true ? Infinity : HISTORY_STALE_MS),
    enabled,
  })
}

export function useMe(): UseQueryResult<Me> {
  return useQuery({ queryKey: meKey, queryFn: ({ signal }) => fetchMe(signal), staleTime: 60_000 })
}

export function useFreshness(siteId: string): UseQueryResult<Freshness> {
  return useQuery({ queryKey: ['freshness', siteId], queryFn: ({ signal }) => fetchFreshness(siteId, signal) })
}
