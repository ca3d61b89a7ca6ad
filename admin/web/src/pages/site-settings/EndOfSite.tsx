import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { moveSite, siteKey, type SiteSettings } from '../../api/siteSettings'
import type { Workspace } from '../../api/types'
import { workspacePath } from '../../app/paths'
import { Modal } from '../../components/Modal'
import { Line, Section } from '../../components/Section'
import { Form } from '../../forms/Form'
import { forget } from '../../forms/unsaved'

type Move = 'archive' | 'delete'

/** EndOfSite archives a site, or deletes it. Where it is gone to, under Sites, it can be taken back. */
export function EndOfSite({ settings, workspace }: { settings: SiteSettings; workspace: Workspace }): ReactElement {
  const [move, setMove] = useState<Move | null>(null)
  return (
    <Section title="Archive and delete">
      <Line
        label="Archive"
        action={
          <button type="button" className="ctl" onClick={() => setMove('archive')}>
            Archive…
          </button>
        }
      >
        It takes no more events, and is gone from menus.
        <small>What came is kept, and seen again once it is taken out of the archive, under Sites.</small>
      </Line>
      <Line
        label="Delete"
        action={
          <button type="button" className="ctl danger-quiet" onClick={() => setMove('delete')}>
            Delete site…
          </button>
        }
      >
        It takes no more events, and its data is erased.
        <small>For seven days it can be taken back, under Sites.</small>
      </Line>
      {move && <MoveDialog settings={settings} workspace={workspace} move={move} onClose={() => setMove(null)} />}
    </Section>
  )
}

const texts: Record<Move, { title: string; submit: string; busy: string; says: string }> = {
  archive: { title: 'Archive', submit: 'Archive', busy: 'Archiving…', says: 'Its pages may go on sending; every event is refused. What came is kept, and is seen again when you take it out of the archive, under Sites.' },
  delete: { title: 'Delete', submit: 'Delete', busy: 'Deleting…', says: 'It is gone from menus and reports at once, and its events are refused. For seven days it can be taken back under Sites; then its events, reports, goals and keys are erased for good.' },
}

function MoveDialog({ settings, workspace, move, onClose }: { settings: SiteSettings; workspace: Workspace; move: Move; onClose: () => void }): ReactElement {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const t = texts[move]
  const done = async () => {
    forget() // what was typed in other fields is of no use any more
    navigate(workspacePath(workspace.id, 'sites'))
    await Promise.all([client.refetchQueries({ queryKey: ['me'] }), client.invalidateQueries({ queryKey: ['sites'] }), client.invalidateQueries({ queryKey: siteKey(settings.publicKey) })])
    onClose()
  }
  const title = `${t.title} ${settings.name}`
  return (
    <Modal title={title} onClose={onClose}>
      <Form label={title} send={() => moveSite(settings.publicKey, move)} done={done} submit={t.submit} busy={t.busy} danger={move === 'delete'}>
        <p>{t.says}</p>
      </Form>
    </Modal>
  )
}
