// The stand-in for attribution: three campaigns, and a look-back that moves three sales.
import type { Answer } from './account'

const share = (sales: number) => ({ sales: sales.toFixed(4), values: { EUR: (sales * 49.9).toFixed(2) } })
const row = (name: string, all: number[]) => ({ name, models: Object.fromEntries(['last_click', 'first_click', 'linear', 'time_decay', 'position_based'].map((m, i) => [m, share(all[i]!)])) })

export function attribution(method: string, now: Date): Answer {
  if (method === 'GET') return { status: 200, body: { rows: [row('Autumn DE · trail shoes', [40, 22, 31.5, 35.25, 32]), row('Brand DE', [12, 30, 20.5, 16.75, 20]), row('', [2, 2, 2, 2, 2])], direct: { count: 19, values: { EUR: '948.10' } } } }
  const sums = (count: number, amount: string) => ({ count, values: count > 0 ? { EUR: amount } : {} })
  const example = { event_id: '0192f0c1-7c3a-7000-8000-000000010001', sold_at: now.toISOString(), value: '49.90', currency: 'EUR', before_kind: 'gclid', before: 'CjKC…x7wE' }
  return { status: 200, body: { looked: 54, cut: false, changed: 3, gained: sums(0, ''), lost: sums(3, '149.70'), moved: sums(0, ''), examples: [example] } }
}
