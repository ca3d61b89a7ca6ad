// The pages and their addresses. Whoever is not signed in meets the sign-in at the address that they wanted.
import { QueryClientProvider } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { ApiError } from '../api/client'
import { newQueryClient, useMe } from '../api/stats'
import type { Me } from '../api/types'
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
import { may } from '../roles/roles'
import { ErrorBoundary } from './ErrorBoundary'
import { LeaveGuard } from './LeaveGuard'
import { paths, sitePath, workspacePath } from './paths'
import { Message, Shell } from './Shell'
import { startPlace, workspaceOf, type Place } from './start'
import { useThemeChoice, type ThemeChoice } from './theme'
import { WorkspaceRoutes } from './WorkspaceRoutes'

export function App(): ReactElement {
  const [client] = useState(newQueryClient)
  return (
    <ErrorBoundary>
      <QueryClientProvider client={client}>
        <LeaveGuard>
          <Pages />
        </LeaveGuard>
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

export interface Appearance {
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
  const start = startPlace(me.data)
  const shell = { ...appearance, me: me.data }
  const home = start.site ? sitePath(start.site) : paths.home
  const lost = <NoSuchPage home={home} label={start.site ? 'Open the overview' : 'Go to the start'} />
  return (
    <Switch>
      <Route path={paths.confirmEmail}>
        <ConfirmEmailPage />
      </Route>
      <Route path={paths.account}>
        <Shell {...shell} place={start} here="account">
          <AccountPage />
        </Shell>
      </Route>
      <Route path="/sites/:key">
        {({ key }) => {
          const site = me.data.sites.find((s) => s.publicKey === key || s.id === key)
          if (!site) return lost
          return (
            <Shell {...shell} place={{ site, workspace: workspaceOf(me.data, site) }} here="overview">
              <OverviewPage key={site.publicKey} site={site} />
            </Shell>
          )
        }}
      </Route>
      <Route path={paths.home}>
        <Home {...shell} start={start} />
      </Route>
      <Route>
        <WorkspaceRoutes {...shell} start={start} lost={lost} />
      </Route>
    </Switch>
  )
}

/** Home leads to the last site, and makes the first one where there is none at all. */
function Home({ start, ...shell }: Appearance & { me: Me; start: Place }): ReactElement {
  const google = new URLSearchParams(location.search).get('google') // where a consent at Google ends that nobody here began
  if (google && start.workspace && may(start.workspace.role, 'manage_uploads')) return <Redirect to={`${workspacePath(start.workspace.id, 'google')}?result=${encodeURIComponent(google)}`} replace />
  if (start.site) return <Redirect to={sitePath(start.site)} replace />
  if (start.workspace?.secondFactorNeeded) return <Redirect to={workspacePath(start.workspace.id, 'settings')} replace />
  if (start.workspace && (shell.me.sites.length > 0 || !shell.me.workspaces.some((w) => may(w.role, 'manage_sites') && !w.secondFactorNeeded))) {
    return <Redirect to={workspacePath(start.workspace.id, may(start.workspace.role, 'read_reports') ? 'sites' : 'settings')} replace />
  }
  return (
    <Shell {...shell} place={start} here="first-site">
      <FirstSitePage workspaces={shell.me.workspaces} chosen={start.workspace} />
    </Shell>
  )
}

function NoSuchPage({ home, label }: { home: string; label: string }): ReactElement {
  return (
    <Message title="This page does not exist">
      <p>The address may be mistyped, or the site belongs to another account.</p>
      <a className="ctl" href={home}>
        {label}
      </a>
    </Message>
  )
}
