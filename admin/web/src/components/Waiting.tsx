import type { ReactElement } from 'react'
import { Skeleton } from './Skeleton'

/** Waiting stands in the place of a page of settings: sections with so many lines each. */
export function Waiting({ label, sections }: { label: string; sections: readonly number[] }): ReactElement {
  return (
    <div aria-busy="true" aria-label={label}>
      {sections.map((lines, i) => (
        <div key={i} className="settings">
          <header>
            <Skeleton width={18} />
          </header>
          <div className="settings-body">
            {Array.from({ length: lines }, (_, j) => (
              <div key={j} className="setting">
                <Skeleton width={60} />
                <Skeleton width={45} />
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  )
}
