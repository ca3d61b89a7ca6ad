// The shapes of the admin service's HTTP surface that the pages use.

export type Metric =
  | 'visitors'
  | 'visits'
  | 'pageviews'
  | 'events'
  | 'bounce_rate'
  | 'visit_duration'
  | 'sales'
  | 'revenue'
  | 'conversion_rate'

export type Operator = 'is' | 'is_not' | 'contains' | 'contains_not'

/** A filter as the API takes it: operator, dimension, values (any of them). */
export type Filter = readonly [Operator, string, readonly string[]]

export interface QueryRequest {
  site_id: string
  metrics: Metric[]
  date_range: [string, string]
  dimensions?: string[]
  filters?: Filter[]
  order_by?: [string, 'asc' | 'desc'][]
  include?: {
    bots?: boolean
    time_labels?: boolean
    total_rows?: boolean
    comparisons?: { mode: 'custom'; date_range: [string, string] }
  }
  pagination?: { limit: number; offset: number }
}

/** Counts and rates are numbers, money is a decimal string, what cannot be told is null. */
export type Value = number | string | null

export interface Row {
  dimensions: string[]
  metrics: Value[]
  comparison: Value[] | null
}

export interface QueryResponse {
  rows: Row[]
  timeLabels: string[] | null
  totalRows: number | null
  /** botEventsLeftOut counts the range's events by bots; null where they are counted in. */
  botEventsLeftOut: number | null
}

export interface Site {
  id: string
  workspaceId: string
  name: string
  hostname: string
  publicKey: string
  timeZone: string
  currency: string
  snippet: string
}

/** One part of a request that the service did not take. */
export interface FieldProblem {
  path: string
  message: string
}

/** A workspace with the reader's role in it. */
export interface Workspace {
  id: string
  name: string
  role: string
  /** secondFactorNeeded is true where nothing of it is shown until the reader has a second factor. */
  secondFactorNeeded?: boolean
}

export interface Me {
  /** deleteAfter is when the account will be gone; null where no deletion is planned. */
  account: { name: string; email: string; deleteAfter: string | null }
  workspaces: Workspace[]
  sites: Site[]
}

export interface LiveMinute {
  minute: string
  pageviews: number
  visitors: number
}

export interface Live {
  at: string
  visitorsNow: number
  visitors30m: number
  pageviews30m: number
  events30m: number
  minutes: LiveMinute[]
  pages: { page: string; visitors: number }[]
  lastEventAt: string | null
  insertedAt: string | null
  delayMs: number | null
}

export interface Freshness {
  lastEventAt: string | null
  delayMs: number | null
}
