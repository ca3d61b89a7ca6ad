// The pages and their addresses. Who is signed in is asked first: every page needs a site.
import { QueryClientProvider } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { ApiError } from '../api/client'
import { newQueryClient, useMe } from '../api/stats'
import type { Me, Site } from '../api/types'
import { Problem } from '../components/Problem'
import { OverviewPage } from '../pages/overview/OverviewPage'
import { SignInPage } from '../pages/sign-in/SignInPage'
import { ErrorBoundary } from './ErrorBoundary'
import { LAST_SITE, sitePath } from './paths'
import { Message, Shell } from './Shell'
import { readChoice } from './storage'
import { useThemeChoice } from './theme'

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

function Pages(): ReactElement {
  const me = useMe()
  const [theme, setTheme] = useThemeChoice()
  if (me.isPending) return <div className="starting" aria-busy="true" aria-label="Loading" />
  if (me.isError) {
    if (me.error instanceof ApiError && me.error.status === 401) return <SignInPage retry={() => void me.refetch()} />
    return (
      <Message title="Noctra">
        <Problem error={me.error} retry={() => void me.refetch()} retrying={me.isFetching} />
      </Message>
    )
  }
  const first = startSite(me.data)
  if (!first) {
    return (
      <Message title="No site yet">
        <p>This account has no site to show. The first start of Noctra prints a link that creates one.</p>
      </Message>
    )
  }
  const shell = { me: me.data, theme, setTheme }
  return (
    <Switch>
      <Route path="/sites/:key">
        {({ key }) => {
          const site = me.data.sites.find((s) => s.publicKey === key || s.id === key)
          if (!site) return <NoSuchPage home={sitePath(first)} />
          return (
            <Shell {...shell} site={site}>
              <OverviewPage key={site.publicKey} site={site} />
            </Shell>
          )
        }}
      </Route>
      <Route path="/">
        <Redirect to={sitePath(first)} replace />
      </Route>
      <Route>
        <NoSuchPage home={sitePath(first)} />
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
