import { useMemo, type ReactElement } from 'react'
import { qrModules, qrPath } from '../../qr/qr'

const QUIET = 4

/** QrCode draws a text for a camera, dark on light in both themes; nothing where it is too long. */
export function QrCode({ text }: { text: string }): ReactElement | null {
  const modules = useMemo(() => qrModules(text), [text])
  if (!modules) return null
  const side = modules.length + 2 * QUIET
  return (
    <svg className="qr" viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`} role="img" aria-label="QR code of the secret" shapeRendering="crispEdges">
      <path d={qrPath(modules)} />
    </svg>
  )
}
