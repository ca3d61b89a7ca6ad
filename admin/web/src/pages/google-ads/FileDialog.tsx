import { useState, type ReactElement } from 'react'
import { createFile, replaceSecret, type Connection } from '../../api/google'
import { onceKeys } from '../../api/once'
import type { Workspace } from '../../api/types'
import { CopyButton } from '../../components/CopyButton'
import { Modal } from '../../components/Modal'
import { Field } from '../../forms/Field'
import { Form, type Values } from '../../forms/Form'

interface FileDialogProps {
  workspace: Workspace
  /** connection is the one that gets a new secret; null for a new file. */
  connection: Connection | null
  changed: () => Promise<unknown>
  onClose: () => void
}

/** FileDialog makes a file or a new secret of one, and shows the secret the one time that it can be shown. */
export function FileDialog({ workspace, connection, changed, onClose }: FileDialogProps): ReactElement {
  const [made, setMade] = useState<(Connection & { secret: string }) | null>(null)
  const [once] = useState(() => onceKeys())
  const send = (v: Values) => {
    if (connection) return replaceSecret(workspace.id, connection.id)
    const body = JSON.stringify({ name: v['name'] })
    return createFile(workspace.id, body, once(body))
  }
  if (made) {
    const rows = [['Address', made.file?.url ?? ''], ['User', made.file?.user ?? ''], ['Secret', made.secret]] as const
    const finish = () => void changed().then(onClose)
    return (
      <Modal title="For Google Ads" held onClose={finish} footer={<div className="say-foot"><button type="button" className="ctl primary" onClick={finish}>It is kept</button></div>}>
        <div className="say">
          <p>In Google Ads, under Goals › Conversions › Uploads › Schedules, choose HTTPS and enter these. The secret is shown this once.</p>
          <dl className="ids">
            {rows.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <code>{value}</code>
                  <CopyButton text={() => value} className="link">
                    Copy
                  </CopyButton>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      </Modal>
    )
  }
  return (
    <Modal title={connection ? 'New secret' : 'Make a file'} onClose={onClose}>
      <Form label={connection ? 'New secret' : 'Make a file'} send={send} done={setMade} submit={connection ? 'Make a new secret' : 'Make the file'} busy="Making…">
        {connection ? <p>Address, user and secret of before are good no more: Google fetches nothing until the new ones are entered there.</p> : <Field name="name" label="Account of Google Ads" autoComplete="off" maxLength={400} data-autofocus hint="As you call it; Google does not need it." missing="A name is needed." />}
      </Form>
    </Modal>
  )
}
