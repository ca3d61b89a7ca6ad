// One's own login: who one is, how one signs in, where one is signed in, and how to leave for good.
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { accountKey, useAccount, usePasskeys, useSessions, type Account } from '../../api/account'
import { copiesOfAccount, useCopies } from '../../api/copies'
import { usePageTitle } from '../../app/usePageTitle'
import { Problem } from '../../components/Problem'
import { Waiting } from '../../components/Waiting'
import { ownZone, zoneText } from '../../format/moment'
import { DeleteSection } from './DeleteSection'
import { Dialogs, type Opened } from './Dialogs'
import { PasskeyLines } from './PasskeyLines'
import { OwnData } from './OwnData'
import { Profile } from './Profile'
import { Section } from '../../components/Section'
import { SessionsSection } from './SessionsSection'
import { SignInWays } from './SignInWays'

export function AccountPage(): ReactElement {
  usePageTitle('Your account')
  const account = useAccount()
  const lists = [useSessions(), usePasskeys(), useCopies(copiesOfAccount)] // shown together, so that none moves another
  return (
    <div className="account-page">
      <div className="top">
        <h1>Your account</h1>
      </div>
      {account.data && !lists.some((l) => l.isPending) ? (
        <Loaded account={account.data} />
      ) : account.isError ? (
        <div className="settings">
          <Problem error={account.error} retry={() => void account.refetch()} retrying={account.isFetching} />
        </div>
      ) : (
        <Waiting label="Loading your account" sections={[2, 4, 3]} />
      )}
    </div>
  )
}

function Loaded({ account }: { account: Account }): ReactElement {
  const [opened, setOpened] = useState<Opened | null>(null)
  const client = useQueryClient()
  const changed = async () => {
    await Promise.all([client.invalidateQueries({ queryKey: accountKey }), client.invalidateQueries({ queryKey: ['me'] })])
  }
  const part = { account, open: setOpened, changed }
  return (
    <>
      <Section title="Profile">
        <Profile {...part} />
      </Section>
      <Section title="Signing in" note="Most changes here need your password, and you are told of each by mail.">
        <SignInWays {...part} />
        <PasskeyLines {...part} />
      </Section>
      <SessionsSection account={account} />
      <OwnData />
      <DeleteSection {...part} />
      <p className="state">Times are in your time zone, {zoneText(ownZone(), new Date())}.</p>
      {opened && <Dialogs opened={opened} account={account} changed={changed} onClose={() => setOpened(null)} />}
    </>
  )
}

/** Part is what the parts of the page are given. */
export interface Part {
  account: Account
  open: (what: Opened) => void
  /** changed asks again for what is shown. */
  changed: () => Promise<void>
}
