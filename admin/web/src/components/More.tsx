import type { ReactElement } from 'react'

/** Pages is what a list that is asked for page by page says of itself. */
interface Pages {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  isFetchNextPageError: boolean
  error: Error | null
  fetchNextPage: () => unknown
}

/** More is the foot of a long list: how much is shown, and what is older. */
export function More({ asked, shown }: { asked: Pages; shown: string }): ReactElement {
  return (
    <p className="table-foot">
      <span>{shown}</span>
      {asked.hasNextPage && (
        <button type="button" className="ctl" aria-busy={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
          {asked.isFetchingNextPage ? 'Loading…' : 'Show older'}
        </button>
      )}
      {asked.isFetchNextPageError && <span role="alert">{asked.error?.message}</span>}
    </p>
  )
}
