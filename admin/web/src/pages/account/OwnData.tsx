import type { ReactElement } from 'react'
import { copiesOfAccount } from '../../api/copies'
import { CopiesSection } from '../../copies/CopiesSection'

/** OwnData makes copies of what is kept of one's own account. */
export function OwnData(): ReactElement {
  return (
    <CopiesSection
      of={copiesOfAccount}
      title="Your data"
      note={
        <>
          A copy of everything about your account, as JSON and CSV in a zip. Mail says when it is ready. See also <a className="row-more" href="/privacy/data">what is kept</a>, or <a className="row-more" href="/privacy/request">ask</a>.
        </>
      }
    />
  )
}
