// The list with its segments, search, filters and what can be said about those that are chosen.
import { useEffect, useMemo, useState, type ReactElement } from 'react'
import { conversionsExport, useConversions, type Conversion, type ConversionFilter, type Word } from '../../api/conversions'
import type { Reconciliation } from '../../api/reconciliation'
import type { Site } from '../../api/types'
import { Icon } from '../../components/icons'
import { More } from '../../components/More'
import { Problem } from '../../components/Problem'
import { Search } from '../../components/Search'
import { Skeleton } from '../../components/Skeleton'
import { count } from '../../format/number'
import type { Range } from '../../range/range'
import { everyDay, type Chosen } from './filter'
import { Parts } from './Parts'
import { Rows } from './Rows'
import { SayDialog } from './SayDialog'
import { stateName } from './StateChip'

interface ListProps {
  site: Site
  range: Range
  chosen: Chosen
  choose: (change: Partial<Chosen>) => void
  address: (change: Partial<Chosen>) => string
  filter: ConversionFilter
  sums: Reconciliation | undefined
  /** manages tells whether one may approve, decline and send again. */
  manages: boolean
  /** nothing is shown where the list is empty. */
  nothing: ReactElement
}

export function ListSection(props: ListProps): ReactElement {
  const { site, range, chosen, choose, address, filter, sums, manages, nothing } = props
  const asked = useConversions(filter)
  const all = useMemo(() => asked.data?.pages.flatMap((p) => p.conversions), [asked.data])
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const [word, setWord] = useState<{ word: Word; of: Conversion[] } | null>(null)
  useEffect(() => setPicked(new Set()), [JSON.stringify(filter)])
  const pick = (ids: readonly string[], on: boolean) =>
    setPicked((old) => {
      const next = new Set(old)
      for (const id of ids) on ? next.add(id) : next.delete(id)
      return next
    })
  const of = all?.filter((c) => picked.has(c.id)) ?? []
  return (
    <section className="panel conversion-list" aria-labelledby="list-title" aria-busy={asked.isFetching}>
      <header>
        <h2 id="list-title">Conversions</h2>
        <Parts site={site} range={range} chosen={chosen} choose={choose} sums={sums} />
        <Search label="Order, event or click id" placeholder="Order, event or click id" maxLength={1000} text={chosen.search} choose={(search) => choose({ search })} />
        <a className="ctl" href={conversionsExport(filter)} download title="All that the filter chooses, not what is shown alone">
          <Icon name="download" />
          CSV
        </a>
      </header>
      <Chips chosen={chosen} choose={choose} sums={sums} all={all} />
      {of.length > 0 && <Bulk of={of} say={(w) => setWord({ word: w, of })} clear={() => setPicked(new Set())} />}
      {asked.isError && !all ? (
        <Problem error={asked.error} retry={() => void asked.refetch()} retrying={asked.isFetching} what="list" />
      ) : !all ? (
        <WaitingRows />
      ) : all.length === 0 ? (
        nothing
      ) : (
        <div className={asked.isPlaceholderData ? 'stale' : undefined}>
          <Rows conversions={all} zone={site.timeZone} open={chosen.id} address={(id) => address({ id })} picked={manages ? picked : undefined} pick={pick} />
          <More asked={asked} shown={`${count(all.length)} shown${everyDay(chosen) ? ', of all days' : ''}`} />
        </div>
      )}
      {word && <SayDialog word={word.word} site={site.publicKey} chosen={word.of} done={() => setPicked(new Set())} onClose={() => setWord(null)} />}
    </section>
  )
}

/** Chips are what the list is narrowed to. */
function Chips({ chosen, choose, sums, all }: Pick<ListProps, 'chosen' | 'choose' | 'sums'> & { all: Conversion[] | undefined }): ReactElement | null {
  const words = sums?.leaves.find((l) => l.reason === chosen.reason)?.reasonWords || all?.find((c) => c.reason === chosen.reason)?.reasonWords || chosen.reason
  const chips = ([['state', 'state', stateName(chosen.state)], ['reason', 'why', words], ['action', 'action', all?.[0]?.actionName || chosen.action], ['campaign', 'campaign', chosen.campaign], ['click', 'click', chosen.click]] as const).filter(([key]) => chosen[key] !== '')
  if (chips.length === 0) return null
  return (
    <div className="chips">
      {chips.map(([key, label, value]) => (
        <span key={key} className="chip">
          <span className="cut">
            <em>{label}</em> <b>{value}</b>
          </span>
          <button type="button" className="chip-remove" aria-label={`Not only ${label} ${value}`} onClick={() => choose({ [key]: '' })}>
            <Icon name="close" />
          </button>
        </span>
      ))}
    </div>
  )
}

function Bulk({ of, say, clear }: { of: Conversion[]; say: (word: Word) => void; clear: () => void }): ReactElement {
  return (
    <div className="bulk" role="group" aria-label="With those that are chosen">
      <b>{count(of.length)} chosen</b>
      <button type="button" className="ctl" onClick={() => say('approve')}>
        Approve…
      </button>
      <button type="button" className="ctl" onClick={() => say('decline')}>
        Decline…
      </button>
      <button type="button" className="ctl" onClick={() => say('retry')}>
        Send again…
      </button>
      <button type="button" className="link" onClick={clear}>
        Choose none
      </button>
    </div>
  )
}

function WaitingRows(): ReactElement {
  return (
    <div className="waiting-lines" aria-label="Loading the conversions">
      {[82, 74, 88, 70, 80, 76, 84, 72].map((width, i) => (
        <Skeleton key={i} width={width} />
      ))}
    </div>
  )
}
