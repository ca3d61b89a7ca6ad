import { useState, type ReactElement } from 'react'
import { Modal } from '../../components/Modal'
import { keysEnabled, setKeysEnabled } from '../../keys/keys'
import { presets } from '../../range/range'

const others: readonly [string[], string][] = [
  [['C'], 'Choose dates'],
  [['←', '→'], 'One step back, one step on'],
  [['X'], 'Comparison: previous period, year over year, none'],
  [['R'], 'Right now'],
  [['/'], 'Filter'],
  [['Esc'], 'Clear all filters'],
  [['?'], 'This list'],
]

/** KeyHelp lists the keys, and switches them off for those whom they disturb. */
export function KeyHelp({ onClose }: { onClose: () => void }): ReactElement {
  const [on, setOn] = useState(keysEnabled)
  const rows = [...presets.flatMap((p): [string[], string][] => (p.key ? [[[p.key], p.label]] : [])), ...others]
  const change = (next: boolean) => {
    setKeysEnabled(next)
    setOn(next)
  }
  return (
    <Modal
      title="Keys"
      onClose={onClose}
      footer={
        <label className="check">
          <input type="checkbox" checked={on} onChange={(e) => change(e.target.checked)} />
          Single keys are on
        </label>
      }
    >
      <dl className="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
