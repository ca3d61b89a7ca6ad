// The pages and their addresses. Whoever is not signed in meets the sign-in at the address that they wanted.
import { QueryClientProvider } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { ApiError } from '../api/client'
import { newQueryClient, useMe } from '../api/stats'
import type { Me, Site } from '../api/types'
import { Problem } from '../components/Problem'
import { AccountPage } from '../pages/account/AccountPage'
import { ConfirmEmailPage } from '../pages/confirm-email/ConfirmEmailPage'
import { FirstSitePage } from '../pages/first-site/FirstSitePage'
import { ForgotPasswordPage } from '../pages/forgot-password/ForgotPasswordPage'
import { InvitationPage } from '../pages/invitation/InvitationPage'
import { OverviewPage } from '../pages/overview/OverviewPage'
import { ResetPasswordPage } from '../pages/reset-password/ResetPasswordPage'
import { SignInPage } from '../pages/sign-in/SignInPage'
import { SignUpPage } from '../pages/sign-up/SignUpPage'
import { VerifyEmailPage } from '../pages/verify-email/VerifyEmailPage'
import { ErrorBoundary } from './ErrorBoundary'
import { LAST_SITE, paths, sitePath } from './paths'
import { Message, Shell } from './Shell'
import { readChoice } from './storage'
import { useThemeChoice, type ThemeChoice } from './theme'

export function App(): ReactElement {
  const [client] = useState(newQueryClient)
  return (
    <ErrorBoundary>
      <QueryClientProvider client={client}>
        <Pages />
      </QueryClientProvider>
    </ErrorBoundary>
  )
}

/** Pages that need nobody stand first; all others are for whoever is signed in. */
function Pages(): ReactElement {
  const [theme, setTheme] = useThemeChoice()
  return (
    <Switch>
      <Route path={paths.signUp}>
        <SignUpPage />
      </Route>
      <Route path={paths.verifyEmail}>
        <VerifyEmailPage />
      </Route>
      <Route path={paths.forgotPassword}>
        <ForgotPasswordPage />
      </Route>
      <Route path={paths.resetPassword}>
        <ResetPasswordPage />
      </Route>
      <Route>
        <Inside theme={theme} setTheme={setTheme} />
      </Route>
    </Switch>
  )
}

interface Appearance {
  theme: ThemeChoice
  setTheme: (choice: ThemeChoice) => void
}

function Inside(appearance: Appearance): ReactElement {
  const me = useMe()
  const [path] = useLocation()
  if (me.isPending) return <div className="starting" aria-busy="true" aria-label="Loading" />
  const nobody = me.error instanceof ApiError && me.error.status === 401
  const signIn = <SignInPage retry={() => void me.refetch()} />
  if (path === paths.invitation && (nobody || me.data)) return <InvitationPage own={nobody ? '' : (me.data?.account.email ?? '')} signIn={signIn} />
  if (nobody) return signIn
  if (me.isError && !me.data) {
    return (
      <Message title="Noctra">
        <Problem error={me.error} retry={() => void me.refetch()} retrying={me.isFetching} />
      </Message>
    )
  }
  const first = startSite(me.data)
  const shell = { ...appearance, me: me.data }
  const home = first ? sitePath(first) : paths.home
  return (
    <Switch>
      <Route path={paths.confirmEmail}>
        <ConfirmEmailPage />
      </Route>
      <Route path={paths.account}>
        <Shell {...shell} site={first} here="account">
          <AccountPage />
        </Shell>
      </Route>
      <Route path="/sites/:key">
        {({ key }) => {
          const site = me.data.sites.find((s) => s.publicKey === key || s.id === key)
          if (!site) return <NoSuchPage home={home} />
          return (
            <Shell {...shell} site={site} here="overview">
              <OverviewPage key={site.publicKey} site={site} />
            </Shell>
          )
        }}
      </Route>
      <Route path={paths.home}>
        {first ? (
          <Redirect to={home} replace />
        ) : (
          <Shell {...shell} site={undefined} here="first-site">
            <FirstSitePage workspaces={me.data.workspaces} />
          </Shell>
        )}
      </Route>
      <Route>
        <NoSuchPage home={home} />
      </Route>
    </Switch>
  )
}

function startSite(me: Me): Site | undefined {
  const last = readChoice(LAST_SITE)
  return me.sites.find((s) => s.publicKey === last) ?? me.sites[0]
}

function NoSuchPage({ home }: { home: string }): ReactElement {
  return (
    <Message title="This page does not exist">
      <p>The address may be mistyped, or the site belongs to another account.</p>
      <a className="ctl" href={home}>
        Open the overview
      </a>
    </Message>
  )
}
