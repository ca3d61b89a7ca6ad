import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement, type ReactNode } from 'react'
import { deleteCopy, linkOfCopy, makeCopy, useCopies, type CopiesOf } from '../api/copies'
import { onceKeys } from '../api/once'
import { Problem } from '../components/Problem'
import { Section } from '../components/Section'
import { Skeleton } from '../components/Skeleton'
import { sentence } from '../forms/problems'
import { useSend } from '../forms/useSend'
import { CopyLine } from './CopyLine'

interface CopiesProps {
  of: CopiesOf
  title: string
  note: ReactNode
  /** who names a member by account, where others than the reader make copies. */
  who?: (account: string) => string
}

/** CopiesSection makes copies, and loads and deletes them while they last. */
export function CopiesSection({ of, title, note, who }: CopiesProps): ReactElement {
  const client = useQueryClient()
  const copies = useCopies(of)
  const asked = () => client.invalidateQueries({ queryKey: of.key })
  const [once] = useState(() => onceKeys())
  const making = useSend(() => makeCopy(of, once(copies.data?.map((c) => c.id).join() ?? '')), asked)
  const loading = useSend((id: string) => linkOfCopy(of, id), (url) => location.assign(url))
  const deleting = useSend((id: string) => deleteCopy(of, id), asked)
  const error = making.error ?? loading.error ?? deleting.error
  const again = copies.data?.some((c) => c.state === 'waiting') ? null : () => making.run()
  const shown = copies.data?.filter((c) => c.state !== 'deleted')
  return (
    <Section title={title} note={note}>
      {copies.isError && !copies.data && <Problem error={copies.error} retry={() => void copies.refetch()} retrying={copies.isFetching} what="list" />}
      {copies.isPending && (
        <p className="table-foot" aria-busy="true" aria-label="Loading the copies">
          <Skeleton width={30} />
        </p>
      )}
      {shown?.length === 0 && <p className="table-foot">There is no copy. Making one takes from seconds to a few minutes.</p>}
      <ul className="records wide">
        {shown?.map((c) => <CopyLine key={c.id} copy={c} who={who} load={() => loading.run(c.id)} again={again} remove={() => deleting.run(c.id)} />)}
      </ul>
      {error && (
        <p className="form-status bad" role="alert">
          {sentence(error)}
        </p>
      )}
      {copies.data && (
        <div className="settings-foot">
          <button type="button" className="ctl" aria-busy={making.pending} onClick={() => making.run()}>
            Make a copy
          </button>
        </div>
      )}
    </Section>
  )
}
