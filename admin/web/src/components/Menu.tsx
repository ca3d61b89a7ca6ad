// Menus on Radix, not modal: its scroll lock injects a style element, which the page's
// security policy refuses.
import * as Dropdown from '@radix-ui/react-dropdown-menu'
import { useState, type ReactElement, type ReactNode } from 'react'
import { floatRoot } from './floatRoot'
import { Icon } from './icons'

interface MenuProps {
  trigger: ReactElement
  label: string
  align?: 'start' | 'end'
  children: ReactNode
}

export function Menu({ trigger, label, align = 'start', children }: MenuProps): ReactElement {
  const [root, setRoot] = useState<HTMLElement | null>(null)
  return (
    <Dropdown.Root modal={false} onOpenChange={() => setRoot(floatRoot())}>
      <Dropdown.Trigger asChild>{trigger}</Dropdown.Trigger>
      <Dropdown.Portal container={root}>
        <Dropdown.Content className="menu" align={align} sideOffset={6} collisionPadding={12} aria-label={label}>
          {children}
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  )
}

export interface MenuChoice<T extends string> {
  id: T
  label: ReactNode
}

interface MenuChoicesProps<T extends string> {
  label?: string
  value: T
  options: readonly MenuChoice<T>[]
  onChange: (id: T) => void
}

export function MenuChoices<T extends string>({ label, value, options, onChange }: MenuChoicesProps<T>): ReactElement {
  return (
    <Dropdown.RadioGroup value={value} onValueChange={(v) => onChange(v as T)}>
      {label && <Dropdown.Label className="menu-label">{label}</Dropdown.Label>}
      {options.map((o) => (
        <Dropdown.RadioItem key={o.id} value={o.id} className="menu-item">
          <span className="menu-mark">
            <Dropdown.ItemIndicator>
              <Icon name="check" />
            </Dropdown.ItemIndicator>
          </span>
          {o.label}
        </Dropdown.RadioItem>
      ))}
    </Dropdown.RadioGroup>
  )
}

interface MenuCheckProps {
  checked: boolean
  disabled?: boolean
  onChange: (on: boolean) => void
  children: ReactNode
}

export function MenuCheck({ checked, disabled = false, onChange, children }: MenuCheckProps): ReactElement {
  return (
    <Dropdown.CheckboxItem className="menu-item" checked={checked} disabled={disabled} onCheckedChange={onChange}>
      <span className="menu-mark">
        <Dropdown.ItemIndicator>
          <Icon name="check" />
        </Dropdown.ItemIndicator>
      </span>
      {children}
    </Dropdown.CheckboxItem>
  )
}

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }): ReactElement {
  return (
    <Dropdown.Item className="menu-item" onSelect={onSelect}>
      <span className="menu-mark" />
      {children}
    </Dropdown.Item>
  )
}

export function MenuLine(): ReactElement {
  return <Dropdown.Separator className="menu-line" />
}
