// Making or changing one filter: dimension, operator, values out of what the range has.
import { useState, type FormEvent, type KeyboardEvent, type ReactElement } from 'react'
import { useStats } from '../../api/stats'
import type { Filter, Operator } from '../../api/types'
import { Icon } from '../../components/icons'
import { Modal } from '../../components/Modal'
import { Segments } from '../../components/Segments'
import { dimensionLabel, dimensions, operators, put } from '../../filters/filters'
import { numeric } from '../../format/metrics'
import { valueName } from '../../format/names'
import { count } from '../../format/number'
import { suggestionsQuery } from './requests'
import type { Overview } from './useOverview'

interface FilterDialogProps {
  overview: Overview
  /** index is the filter to change, or null for a new one. */
  index: number | null
  onClose: () => void
}

export function FilterDialog({ overview, index, onClose }: FilterDialogProps): ReactElement {
  const { state, setFilters } = overview
  const old = index === null ? undefined : state.filters[index]
  const [dimension, setDimension] = useState(old?.[1] ?? 'event:page')
  const [operator, setOperator] = useState<Operator>(old?.[0] ?? 'is')
  const [values, setValues] = useState<readonly string[]>(old?.[2] ?? [])
  const [typed, setTyped] = useState('')
  const pending = operator === 'contains' && typed.trim() ? [...values, typed.trim()] : values
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const filter: Filter = [operator, dimension, [...new Set(pending)]]
    setFilters(put(state.filters, filter, index))
    onClose()
  }
  const flip = (value: string) => setValues(values.includes(value) ? values.filter((v) => v !== value) : [...values, value])
  const add = (value: string) => {
    if (!values.includes(value)) setValues([...values, value])
    setTyped('')
  }
  return (
    <Modal title={old ? 'Change filter' : 'Filter'} onClose={onClose}>
      <form className="filter-form" onSubmit={submit}>
        <div className="filter-line">
          <DimensionSelect
            value={dimension}
            onChange={(d) => {
              setDimension(d)
              setValues([])
            }}
          />
          <Segments label="Operator" value={operator} options={operators} onChange={setOperator} />
        </div>
        <Chosen dimension={dimension} values={values} remove={flip} />
        <ValueField operator={operator} typed={typed} setTyped={setTyped} add={add} />
        <Suggestions overview={overview} dimension={dimension} typed={typed} values={values} flip={flip} />
        <div className="filter-actions">
          {old && (
            <button type="button" className="ctl" onClick={() => (setFilters(state.filters.filter((_, i) => i !== index)), onClose())}>
              Remove
            </button>
          )}
          <button type="submit" className="ctl primary" disabled={pending.length === 0}>
            Apply
          </button>
        </div>
      </form>
    </Modal>
  )
}

function DimensionSelect({ value, onChange }: { value: string; onChange: (id: string) => void }): ReactElement {
  const groups = [...new Set(dimensions.map((d) => d.group))]
  return (
    <select className="field" aria-label="What to filter by" value={value} onChange={(e) => onChange(e.target.value)}>
      {!dimensions.some((d) => d.id === value) && <option value={value}>{dimensionLabel(value)}</option>}
      {groups.map((group) => (
        <optgroup key={group} label={group}>
          {dimensions.filter((d) => d.group === group).map((d) => (
            <option key={d.id} value={d.id}>
              {d.label}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  )
}

function Chosen({ dimension, values, remove }: { dimension: string; values: readonly string[]; remove: (v: string) => void }): ReactElement {
  return (
    <div className="chosen">
      {values.map((v) => (
        <button key={v} type="button" className="chip" aria-label={`Take ${valueName(dimension, v)} away`} onClick={() => remove(v)}>
          {valueName(dimension, v)}
          <Icon name="close" />
        </button>
      ))}
    </div>
  )
}

interface ValueFieldProps {
  operator: Operator
  typed: string
  setTyped: (text: string) => void
  add: (value: string) => void
}

function ValueField({ operator, typed, setTyped, add }: ValueFieldProps): ReactElement {
  const partial = operator === 'contains' || operator === 'contains_not'
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !partial || typed.trim() === '') return
    event.preventDefault()
    add(typed.trim())
  }
  return (
    <label className="find">
      <Icon name="search" />
      <input
        className="field"
        type="search"
        data-autofocus=""
        aria-label={partial ? 'Text that it contains' : 'Find a value'}
        placeholder={partial ? 'Text that it contains' : 'Find a value'}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
        onKeyDown={onKeyDown}
      />
    </label>
  )
}

interface SuggestionsProps {
  overview: Overview
  dimension: string
  typed: string
  values: readonly string[]
  flip: (value: string) => void
}

function Suggestions({ overview, dimension, typed, values, flip }: SuggestionsProps): ReactElement {
  const answer = useStats(suggestionsQuery(overview.scope, dimension, typed))
  const rows = answer.data?.rows ?? []
  return (
    <ul className="suggestions" aria-label="Values in this range" aria-busy={answer.isFetching}>
      {rows.map((row) => {
        const value = row.dimensions[0] ?? ''
        return (
          <li key={value}>
            <label className="check">
              <input type="checkbox" checked={values.includes(value)} onChange={() => flip(value)} />
              <span className="cut">{valueName(dimension, value)}</span>
              <span className="dim">{count(numeric(row.metrics[0]) ?? 0)}</span>
            </label>
          </li>
        )
      })}
      {!answer.isPending && rows.length === 0 && <li className="hint">No such value in this range.</li>}
      {answer.isError && <li className="hint">The values could not be asked for.</li>}
    </ul>
  )
}
