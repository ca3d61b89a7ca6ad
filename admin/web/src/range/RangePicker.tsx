import * as Popover from '@radix-ui/react-popover'
import { useState, type FormEvent, type ReactElement } from 'react'
import { floatRoot } from '../components/floatRoot'
import { Icon } from '../components/icons'
import { rangeText, shortRange } from '../format/date'
import { isPlainDate, type ZonedTime } from './date'
import { named, presets, resolve, step, type Range, type RangeChoice } from './range'

/** Ranged is a page with a range of days of a site. */
export interface Ranged {
  site: { timeZone: string }
  now: ZonedTime
  choice: RangeChoice
  range: Range
  /** firstDay tells that today was taken as the range, since there is nothing before it. */
  firstDay: boolean
  update: (change: { choice: RangeChoice }) => void
}

interface RangePickerProps {
  of: Ranged
  open: boolean
  setOpen: (open: boolean) => void
}

export function RangePicker({ of, open, setOpen }: RangePickerProps): ReactElement {
  const { choice: chosen, firstDay, range, now, update } = of
  const preset = 'preset' in chosen ? chosen.preset : null
  const info = presets.find((p) => p.id === preset)
  const choose = (choice: RangeChoice) => {
    update({ choice })
    setOpen(false)
  }
  return (
    <div className="stepper">
      <StepButton of={of} direction={-1} />
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger asChild>
          <button type="button" className="ctl range">
            {info && <b>{info.label}</b>}
            <span className={info ? 'range-dates' : ''}>{shortRange(range, now.date) + (firstDay ? ', the first day' : '')}</span>
            <Icon name="chevron" />
          </button>
        </Popover.Trigger>
        <Popover.Portal container={floatRoot()}>
          <Popover.Content
            className="popover range-popover"
            align="end"
            sideOffset={6}
            collisionPadding={12}
            data-popover=""
            aria-label="Date range"
          >
            <div className="preset-list">
              <ul>
                {presets.map((p) => (
                  <li key={p.id}>
                    <button
                      type="button"
                      className="menu-item"
                      aria-pressed={p.id === preset}
                      title={rangeText(resolve({ preset: p.id }, now.date))}
                      onClick={() => choose({ preset: p.id })}
                    >
                      <span className="menu-mark">{p.id === preset && <Icon name="check" />}</span>
                      {p.label}
                      {p.key && <kbd>{p.key}</kbd>}
                    </button>
                  </li>
                ))}
              </ul>
              {firstDay && <p className="hint">All events are of today, so today is shown. From tomorrow on it is the last 30 days.</p>}
            </div>
            <CustomRange of={of} choose={choose} />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      <StepButton of={of} direction={1} />
    </div>
  )
}

function StepButton({ of, direction }: { of: Ranged; direction: -1 | 1 }): ReactElement {
  const { choice, now, update } = of
  const next = step(choice, direction, now.date)
  const label = direction < 0 ? 'One step back' : 'One step on'
  return (
    <button
      type="button"
      className="ctl step"
      aria-label={label}
      title={next ? `${label}: ${rangeText(resolve(next, now.date))}` : label}
      disabled={!next}
      onClick={() => next && update({ choice: next })}
    >
      <Icon name={direction < 0 ? 'left' : 'right'} />
    </button>
  )
}

interface CustomRangeProps {
  of: Ranged
  choose: (choice: RangeChoice) => void
}

function CustomRange({ of, choose }: CustomRangeProps): ReactElement {
  const { range, now, site } = of
  const [from, setFrom] = useState(range.from)
  const [to, setTo] = useState(range.to)
  const valid = isPlainDate(from) && isPlainDate(to) && from <= to && to <= now.date
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (valid) choose(named({ from, to }, now.date))
  }
  return (
    <form className="custom-range" onSubmit={submit}>
      <p className="menu-label">Custom range</p>
      <label>
        From
        <input className="field" type="date" required max={now.date} value={from} onChange={(e) => setFrom(e.target.value)} />
      </label>
      <label>
        To, inclusive
        <input className="field" type="date" required max={now.date} value={to} onChange={(e) => setTo(e.target.value)} />
      </label>
      <p className="hint" role="status">
        {valid ? `Days of ${site.timeZone}` : 'The range must end after it begins, and not after today.'}
      </p>
      <button type="submit" className="ctl primary" disabled={!valid}>
        Show
      </button>
    </form>
  )
}
