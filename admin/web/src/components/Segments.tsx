import type { ReactElement } from 'react'

interface SegmentsProps<T extends string> {
  label: string
  value: T
  options: readonly { id: T; label: string }[]
  onChange: (id: T) => void
}

/** Segments is a small row of choices of which one holds. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>): ReactElement {
  return (
    <div className="seg" role="group" aria-label={label}>
      {options.map((o) => (
        <button key={o.id} type="button" aria-pressed={o.id === value} onClick={() => onChange(o.id)}>
          {o.label}
        </button>
      ))}
    </div>
  )
}
