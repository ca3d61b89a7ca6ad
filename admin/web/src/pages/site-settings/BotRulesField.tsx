import { use, useEffect, useRef, useState, type ReactElement } from 'react'
import type { BotRule } from '../../api/siteSettings'
import { Icon } from '../../components/icons'
import { FormContext } from '../../forms/Form'

const kinds = [
  { value: 'user_agent_contains', label: 'User agent contains' },
  { value: 'address', label: 'Address is in' },
  { value: 'referrer_host', label: 'Referrer is' },
  { value: 'hostname', label: 'Host name is' },
  { value: 'path', label: 'Path fits' },
]
const actions = [
  { value: 'mark', label: 'is a bot' },
  { value: 'allow', label: 'is no bot' },
]

/** botRulesOf reads the field's value. */
export const botRulesOf = (value: string | undefined): BotRule[] => JSON.parse(value || '[]') as BotRule[]

/** BotRulesField is a list of rules, of which the first that fits decides. */
export function BotRulesField({ rules: first }: { rules: BotRule[] }): ReactElement {
  const { errors, clear } = use(FormContext)
  const [rules, setRules] = useState(first)
  const hidden = useRef<HTMLInputElement>(null)
  const error = errors['bot_rules']
  const changed = useRef(false)
  const change = (next: BotRule[]) => {
    changed.current = true
    setRules(next)
    if (error !== undefined) clear('bot_rules')
  }
  // The form hears of it as of anything that is typed.
  useEffect(() => {
    if (changed.current) hidden.current?.dispatchEvent(new Event('input', { bubbles: true }))
  }, [rules])
  const set = (i: number, part: Partial<BotRule>) => change(rules.map((r, j) => (j === i ? { ...r, ...part } : r)))
  return (
    <fieldset className="form-field rules">
      <legend>Rules for bots</legend>
      <input ref={hidden} type="hidden" name="bot_rules" value={JSON.stringify(rules)} />
      {rules.map((r, i) => (
        <div key={i} className="rule">
          <Pick label={`What rule ${i + 1} looks at`} options={kinds} value={r.kind} choose={(kind) => set(i, { kind })} />
          <input className="field" aria-label={`Value of rule ${i + 1}`} aria-invalid={error !== undefined} autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={1000} value={r.value} onChange={(e) => set(i, { value: e.target.value })} />
          <Pick label={`What rule ${i + 1} says`} options={actions} value={r.action} choose={(action) => set(i, { action })} />
          <button type="button" className="icon-button" aria-label={`Remove rule ${i + 1}`} onClick={() => change(rules.filter((_, j) => j !== i))}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button type="button" className="link" onClick={() => change([...rules, { kind: 'user_agent_contains', value: '', action: 'mark' }])}>
        Add a rule
      </button>
      <p className={error === undefined ? 'field-note' : 'field-note bad'} role={error === undefined ? undefined : 'alert'}>
        {error ?? 'The first that fits decides; where none does, what Noctra knows of bots.'}
      </p>
    </fieldset>
  )
}

interface PickProps {
  label: string
  options: readonly { value: string; label: string }[]
  value: string
  choose: (value: string) => void
}

function Pick({ label, options, value, choose }: PickProps): ReactElement {
  return (
    <select className="field" aria-label={label} value={value} onChange={(e) => choose(e.target.value)}>
      {options.map((o) => (
        <option key={o.value} value={o.value}>
          {o.label}
        </option>
      ))}
    </select>
  )
}
