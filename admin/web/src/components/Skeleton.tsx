import type { ReactElement } from 'react'

/** Skeleton stands where text will stand, as wide as given in per cent, as high as the text. */
export function Skeleton({ width }: { width: number }): ReactElement {
  return <span className="skeleton" style={{ width: `${width}%` }} aria-hidden="true" />
}
