// The way of a made-up conversion, and the sums over some.

type Body = Record<string, unknown>

const levels = ['tracked', 'attributed', 'eligible', 'sent', 'received', 'accepted']
const gates = ['action', 'workspace', 'bot', 'declined', 'consent', 'click', 'window', 'braid', 'time', 'value', 'review']
const keeping: Record<string, string> = { consent_denied: 'consent', new_action: 'time', review: 'review', no_click: 'click', declined: 'declined' }
const granted = { consent_analytics: 'granted', consent_ad_user_data: 'granted', consent_ad_personalization: 'granted' }

export function wayOf(c: Body): Body {
  const sold = Date.parse(String(c['sold_at']))
  const at = (minutes: number) => new Date(sold + minutes * 60_000).toISOString()
  const sent = Number(c['attempts']) > 0
  const restated = c['display_state'] === 'restated'
  const kept = gates.indexOf(keeping[String(c['reason'])] ?? '')
  const consent = c['reason'] === 'consent_denied' ? { ...granted, consent_ad_user_data: 'denied' } : granted
  const move = (minutes: number, from: string, to: string, more: Body = {}) => ({ at: at(minutes), from, to, ...more })
  const end = { reason: c['reason'], reason_words: c['reason_words'] }
  return {
    ...c,
    click: c['click_kind'] && { clicked_at: c['clicked_at'], event_id: 'e', landing_url: 'https://shop.noctra.example/products/trail-runner', campaign: c['campaign'], ...consent },
    sale: { rule: c['click_kind'] && 'click_id', borrowed: false, via: 'browser', bot_reasons: [], refunds: restated ? [{ event_id: 'r', refunded_at: at(12), value: '64.95', currency: 'EUR' }] : [], ...consent },
    gates: gates.map((name, i) => ({ name, state: kept < 0 || i < kept ? 'passed' : i === kept ? 'keeps' : 'not_reached' })),
    moves: sent ? [move(0.1, '', 'waiting'), move(0.2, 'waiting', 'ready'), move(0.4, 'ready', 'sending', { upload_id: '31' }), move(0.5, 'sending', 'received'), ...(c['state'] === 'received' ? [] : [move(8, 'received', String(c['state']), end)])] : [move(0.1, '', String(c['state']), end)],
    uploads: sent ? [{ id: '31', transport: 'data_manager', kind: 'conversion', state: 'final', others: 118, request_id: 'sUJsvGAyGzhBbY3', status: 200, payload: { transactionId: c['transaction_id'], adIdentifiers: { gclid: 'CjKC…x7wE' } }, started_at: at(0.4), answered_at: at(0.5) }] : [],
    adjustment_list: restated ? [{ id: '5', number: 1, kind: 'restatement', state: 'accepted', adjusted_at: at(12), value: '64.95', currency: 'EUR', state_at: at(16), attempts: 1, moves: [move(13, '', 'ready'), move(14, 'ready', 'sending'), move(16, 'sending', 'accepted')] }] : [],
  }
}

const sumOf = (all: Body[]) => ({ count: all.length, values: all.length > 0 ? { EUR: (all.reduce((n, c) => n + Math.round(Number(c['sale_value']) * 100), 0) / 100).toFixed(2) } : {} })

export function chains(all: Body[]): Body {
  const reached = (l: number) => all.filter((c) => levels.indexOf(String(c['level'])) >= l)
  const leaves = new Map<string, Body[]>()
  for (const c of all) {
    const key = [c['level'], c['state'], c['reason']].join(' ')
    leaves.set(key, [...(leaves.get(key) ?? []), c])
  }
  return {
    ...Object.fromEntries(levels.map((l, i) => [l, sumOf(reached(i))])),
    leaves: [...leaves.values()].map((of) => ({ level: of[0]!['level'], state: of[0]!['state'] === 'none' ? undefined : of[0]!['state'], reason: of[0]!['reason'], reason_words: of[0]!['reason_words'], reason_class: of[0]!['reason_class'], ...sumOf(of) })),
  }
}
