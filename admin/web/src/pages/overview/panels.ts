// Which breakdowns the overview shows, in the order of the page. A tab with several
// dimensions offers them in its first column's heading.
import type { Metric } from '../../api/types'

export interface Tab {
  label: string
  dimensions: readonly string[]
}

export interface Panel {
  id: string
  title: string
  /** all names the link to every row: All sources. */
  all: string
  metrics: readonly Metric[]
  tabs: readonly Tab[]
  /** lead is a row of another dimension that stands above the others. */
  lead?: Lead
  /** listed is what the way to all rows has, where that is not all of the panel. */
  listed?: string
  wide?: boolean
}

/** A lead is one value of a dimension, with the figures that stand in the panel's columns. */
export interface Lead {
  dimension: string
  value: string
  metrics: readonly Metric[]
}

export const panels: readonly Panel[] = [
  {
    id: 'sources',
    title: 'Sources',
    all: 'All sources',
    metrics: ['visitors'],
    tabs: [
      { label: 'Channels', dimensions: ['visit:channel'] },
      { label: 'Sources', dimensions: ['visit:source'] },
      { label: 'Referrers', dimensions: ['visit:referrer'] },
      {
        label: 'Campaigns',
        dimensions: ['visit:utm_campaign', 'visit:utm_source', 'visit:utm_medium', 'visit:utm_content', 'visit:utm_term'],
      },
    ],
  },
  {
    id: 'pages',
    title: 'Pages',
    all: 'All pages',
    metrics: ['visitors'],
    tabs: [
      { label: 'Pages', dimensions: ['event:page'] },
      { label: 'Entry', dimensions: ['visit:entry_page'] },
      { label: 'Exit', dimensions: ['visit:exit_page'] },
    ],
  },
  {
    id: 'places',
    title: 'Places',
    all: 'All places',
    metrics: ['visitors'],
    tabs: [
      { label: 'Countries', dimensions: ['visit:country'] },
      { label: 'Regions', dimensions: ['visit:region'] },
      { label: 'Cities', dimensions: ['visit:city'] },
    ],
  },
  {
    id: 'devices',
    title: 'Devices',
    all: 'All devices',
    metrics: ['visitors'],
    tabs: [
      { label: 'Devices', dimensions: ['visit:device'] },
      { label: 'Browsers', dimensions: ['visit:browser'] },
      { label: 'Systems', dimensions: ['visit:os'] },
    ],
  },
  {
    id: 'goals',
    title: 'Goals and sales',
    all: 'All goals',
    listed: 'Goals',
    lead: { dimension: 'event:type', value: 'sale', metrics: ['visitors', 'sales'] },
    metrics: ['visitors', 'events'],
    tabs: [{ label: 'Goals', dimensions: ['event:goal'] }],
    wide: true,
  },
]

/** detailMetrics are the columns of the details: what can be told of a dimension. */
export function detailMetrics(dimension: string): readonly Metric[] {
  if (dimension === 'event:goal') return ['visitors', 'events', 'conversion_rate']
  if (dimension.startsWith('event:')) return ['visitors', 'pageviews', 'events', 'sales', 'revenue']
  return ['visitors', 'visits', 'bounce_rate', 'visit_duration', 'sales', 'revenue', 'conversion_rate']
}

/** metricName is a column's name beside a dimension: events of a goal are its completions. */
export function metricName(dimension: string, metric: Metric, fallback: string): string {
  return dimension === 'event:goal' && metric === 'events' ? 'Completions' : fallback
}
