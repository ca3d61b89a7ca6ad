import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement, type ReactNode } from 'react'
import { ApiError } from '../../api/client'
import { changeSite, siteKey, type SiteEdit, type SiteSettings } from '../../api/siteSettings'
import { WhoChanged } from '../../audit/WhoChanged'
import { Form, type Values } from '../../forms/Form'

/** Part is what a section is given: the settings, and the tag of their state. */
export interface Part {
  settings: SiteSettings
  tag: string
}

interface EditFormProps extends Part {
  label: string
  /** edit is what is sent, out of what was typed. */
  edit: (values: Values) => SiteEdit
  /** tried is another button of the form, typed hears of changes. */
  tried?: { label: string; busy: string; run: (values: Values) => Promise<unknown> }
  typed?: () => void
  children: ReactNode
}

/** EditForm saves some of a site's settings, unless somebody else has changed it since it was read. */
export function EditForm({ settings, tag, label, edit, tried, typed, children }: EditFormProps): ReactElement {
  const client = useQueryClient()
  const [saved, setSaved] = useState(0)
  const id = settings.publicKey
  const asked = () => Promise.all([client.invalidateQueries({ queryKey: siteKey(id) }), client.invalidateQueries({ queryKey: ['me'] })])
  const done = async () => {
    await asked()
    setSaved((n) => n + 1)
  }
  return (
    <Form
      key={`${tag} ${saved}`}
      label={label}
      send={(v) => inWords(changeSite(id, tag, edit(v)))}
      done={done}
      submit="Save"
      busy="Saving…"
      guarded
      tried={tried}
      typed={typed}
      beside={saved > 0 && <Saved key={saved} />}
      changed={<WhoChanged workspace={settings.workspaceId} action="site" about={`site_id:${settings.id}`} reload={asked} />}
    >
      {children}
    </Form>
  )
}

// What is to be confirmed is a box here and a field there.
const forPrograms = / Send \w+: true if that is meant\.$/

async function inWords<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'confirmation_needed') throw cause
    const fields = cause.fields.map((f) => ({ path: f.path, message: f.message.replace(forPrograms, ' Tick this if that is meant.') }))
    throw new ApiError(cause.status, cause.code, cause.message, { fields })
  }
}

/** Saved takes the focus that the button had, which is another one now. */
function Saved(): ReactElement {
  return (
    <span className="saved" role="status" tabIndex={-1} ref={(e) => e?.focus({ preventScroll: true })}>
      Saved. Collectors know within two seconds.
    </span>
  )
}
