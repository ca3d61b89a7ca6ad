// Icons are decoration: hidden from assistive technology, coloured by the text around them.
import type { ReactElement } from 'react'

const paths = {
  chevron: 'm5 8 5 5 5-5',
  close: 'm5.5 5.5 9 9m0-9-9 9',
  check: 'm4 10.5 4 4 8-9',
  external: 'M8 5H5v10h10v-3M11 4h5v5m0-5-7 7',
  copy: 'M7 7V4h9v9h-3M4 7h9v9H4z',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4Zm3.7 8.7L16.5 16.5',
  download: 'M10 3.5v9m-3.5-3.5L10 12.5 13.5 9M4 16.5h12',
  plus: 'M10 4v12M4 10h12',
  left: 'm12 5-5 5 5 5',
  right: 'm8 5 5 5-5 5',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  key: 'M12.5 3a4.5 4.5 0 1 1-1.3 8.8L9 14H7v2H5v1.5H2.5V15l5.9-5.9A4.5 4.5 0 0 1 12.5 3Zm1.2 3.4h.01',
  alert: 'M10 6v5m0 3h.01M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Z',
  offline: 'M3 3l14 14M5 9.5a7.5 7.5 0 0 1 3-1.8M2.5 6.8A11 11 0 0 1 5.6 4.9M9 4.1a11 11 0 0 1 8.5 2.7M12.5 8.1A7.5 7.5 0 0 1 15 9.5M7.8 12.4a3.5 3.5 0 0 1 3.2-.8M10 15.5h.01',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

export function Moon(): ReactElement {
  return (
    <svg className="moon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d="M13.8 2.2a8 8 0 1 0 4 10.6A6.6 6.6 0 0 1 13.8 2.2Z" />
    </svg>
  )
}
