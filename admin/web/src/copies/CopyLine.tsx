import type { ReactElement } from 'react'
import type { Copy } from '../api/copies'
import { momentText, ownZone } from '../format/moment'
import { bytes } from '../format/number'

interface CopyLineProps {
  copy: Copy
  who: ((account: string) => string) | undefined
  load: () => void
  /** again asks for another one, where this one failed and none is being made. */
  again: (() => void) | null
  remove: () => void
}

const tags: Record<string, { tag: string; word: string }> = {
  waiting: { tag: 'tag warn', word: 'Being made' },
  ready: { tag: 'tag good', word: 'Ready' },
  failed: { tag: 'tag bad', word: 'Failed' },
}

/** CopyLine is a copy: whose, how far it is, how large, and until when it can be loaded. */
export function CopyLine({ copy: c, who, load, again, remove }: CopyLineProps): ReactElement {
  const made = momentText(new Date(c.createdAt), ownZone())
  const { tag, word } = tags[c.state] ?? { tag: 'tag', word: c.state }
  return (
    <li>
      <div>
        <b>{made}</b> <span className={tag}>{word}</span>
        <small>{facts(c, who).join(' · ')}</small>
      </div>
      <span className="record-actions">
        {c.state === 'ready' && (
          <button type="button" className="link" aria-label={`Download the copy of ${made}`} onClick={load}>
            Download
          </button>
        )}
        {c.state === 'failed' && again && (
          <button type="button" className="link" aria-label={`Ask again for the copy of ${made}`} onClick={again}>
            Ask again
          </button>
        )}
        <button type="button" className="link" aria-label={`${c.state === 'waiting' ? 'Stop' : 'Delete'} the copy of ${made}`} onClick={remove}>
          {c.state === 'waiting' ? 'Stop' : 'Delete'}
        </button>
      </span>
    </li>
  )
}

function facts(c: Copy, who: CopyLineProps['who']): string[] {
  const by = who ? [`asked for by ${who(c.accountId)}`] : []
  switch (c.state) {
    case 'waiting':
      return [...by, 'mail tells when it is ready; you can leave this page']
    case 'failed':
      return [c.why.replace(/\.$/, '') || 'Five attempts did not end; whoever runs Noctra finds why in its log', ...by]
    case 'ready':
      return [...(c.size > 0 ? [bytes(c.size)] : []), ...(c.expiresAt ? [`deleted on ${momentText(new Date(c.expiresAt), ownZone())}`] : []), ...by]
  }
  return by
}
