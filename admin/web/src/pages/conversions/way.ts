// A conversion's way as the steps of a timeline.
import type { Adjustment, Attempt, Consent, Move, Way } from '../../api/conversionWay'
import { clockText } from '../../format/date'
import { money } from '../../format/money'
import { counted } from '../../format/number'
import { spanText } from './amounts'
import { stateName, toneOf } from './StateChip'

export interface Step {
  key: string
  title: string
  /** at is a moment, null where none is known. */
  at: string | null
  /** after stands in the place of a moment: how long after the step before. */
  after?: string
  tone: 'ok' | 'bad' | 'hold' | 'wait'
  lines: string[]
  payload?: unknown
}

const rules: Record<string, string> = { click_id: 'by the click id that came with the sale', visitor: 'by the visitor who clicked', user: 'by the user who was signed in' }
const gateNames: Record<string, string> = {
  action: 'action is chosen', workspace: 'uploads not on hold', bot: 'not a bot', declined: 'not declined', consent: 'consent', click: 'ad click', window: 'inside Google’s window',
  braid: 'kind of click fits', time: 'old enough', value: 'value and currency', review: 'approved',
}
export const transports: Record<string, string> = { data_manager: 'Data Manager', google_ads: 'Google Ads API', file: 'a file that Google fetches' }
const next: Record<string, string[]> = { no_action: ['Sales from before an action was chosen stay as they are'], undecided: ['It is decided within a minute'] }
const attemptWords: Record<string, string> = { lost: 'the answer got lost', refused: 'Google refused the request', offered: 'not fetched yet', sending: 'waiting for an answer' }

/** stepsOf are click, sale, match and gates, and then everything that happened, the first thing first. */
export function stepsOf(w: Way, zone: string): Step[] {
  const later = [...movesOf(w.moves, ''), ...w.uploads.map((a) => uploadOf(a, zone)), ...w.refunds.map(refundOf), ...w.adjustmentList.flatMap(adjustmentOf)]
  later.sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
  return [...beginning(w), ...later]
}

function beginning(w: Way): Step[] {
  const steps: Step[] = []
  if (w.clickKind || w.click) steps.push(clickOf(w))
  const consent = consentText(w.consent)
  steps.push({ key: 'sale', title: w.goalId ? 'Goal reached' : w.partner ? `Sale, reported by ${w.partner}` : 'Sale', at: w.soldAt, tone: 'ok', lines: [`event ${w.eventId} · reported by ${viaText(w.via)}`, consent] })
  if (w.rule) {
    const lines = [rules[w.rule] ?? w.rule, ...(w.borrowed ? ['Whose it was is known from what the browser reported of the same order'] : [])]
    steps.push({ key: 'match', title: 'Matched to the click', at: null, after: `${spanText(w.secondsFromClick)} later`, tone: 'ok', lines })
  } else if (!w.clickKind) {
    steps.push({ key: 'match', title: 'No ad click found', at: null, tone: 'hold', lines: ['neither by a click id, nor by visitor or user'] })
  }
  if (w.state !== 'none') return [...steps, gatesOf(w)]
  if (w.reason) steps.push({ key: 'none', title: 'No conversion', at: null, tone: 'hold', lines: [w.reasonWords, ...(next[w.reason] ?? [])] })
  return steps
}

function clickOf(w: Way): Step {
  const lines = [`${w.clickKind} ${w.clickId}`]
  if (w.campaign) lines[0] += ` · ${w.campaign}`
  if (w.click) lines.push(`${pathOf(w.click.landingUrl)} · ${consentText(w.click.consent)}`)
  return { key: 'click', title: 'Ad click', at: w.click?.clickedAt ?? w.clickedAt, tone: 'ok', lines }
}

function gatesOf(w: Way): Step {
  const keeps = w.gates.find((g) => g.state === 'keeps')
  const passed = w.gates.filter((g) => g.state === 'passed').map((g) => gateNames[g.name] ?? g.name)
  if (!keeps) return { key: 'gates', title: 'Gates passed', at: null, tone: passed.length > 0 ? 'ok' : 'wait', lines: [passed.join(' · ')] }
  return { key: 'gates', title: `Kept at a gate: ${gateNames[keeps.name] ?? keeps.name}`, at: null, tone: 'hold', lines: [w.reasonWords, ...(passed.length > 0 ? [`Passed before: ${passed.join(' · ')}`] : [])] }
}

/** told are moves that say more than the requests beside them. */
function movesOf(moves: Move[], of: string): Step[] {
  const told = moves.filter((m) => !['ready', 'sending'].includes(m.to) || (m.from !== '' && m.from !== 'waiting' && m.to === 'ready'))
  return told.map((m, i) => {
    const others = m.to === 'ready' ? 'Sent again' : stateName(m.to)
    return { key: `move ${of} ${i} ${m.at}`, title: of ? `${of} ${m.to === 'ready' ? 'is sent again' : m.to}` : others, at: m.at, tone: toneOf(m.to), lines: [[m.reasonWords, m.detail].filter(Boolean).join(' · ')].filter(Boolean) }
  })
}

function uploadOf(a: Attempt, zone: string): Step {
  const what = a.kind === 'conversion' ? 'Sent to Google' : `${kindName(a.kind)} sent`
  const parts = [transports[a.transport] ?? a.transport]
  if (a.requestId) parts.push(`request ${a.requestId}`)
  if (a.others > 0) parts.push(`with ${counted(a.others, 'other')}`)
  const lines = [parts.join(' · ')]
  const answer = [attemptWords[a.state], a.code, a.message].filter(Boolean).join(' · ')
  if (answer) lines.push(answer)
  if (a.pollAt && a.state === 'received') lines.push(`what became of it is asked at ${clockText(new Date(a.pollAt), zone)}`)
  const failed = a.state === 'lost' || a.state === 'refused'
  return { key: `upload ${a.id}`, title: what, at: a.startedAt, tone: failed ? 'hold' : a.state === 'sending' || a.state === 'offered' ? 'wait' : 'ok', lines, payload: a.payload }
}

function refundOf(r: { refundedAt: string; value: string; currency: string }, i: number): Step {
  return { key: `refund ${i}`, title: `Refund of ${money(r.value, r.currency)}`, at: r.refundedAt, tone: 'ok', lines: [] }
}

/** kindName is what an adjustment tells Google. */
const kindName = (kind: string) => (kind === 'enhancement' ? 'Hashed identifiers' : stateName(kind))

function adjustmentOf(a: Adjustment): Step[] {
  const name = a.kind === 'restatement' && a.value !== null ? `Restatement to ${money(a.value, a.currency)}` : kindName(a.kind)
  const steps = movesOf(a.moves, name)
  if (steps.length > 0) return steps
  return [{ key: `adjustment ${a.id}`, title: `${name} ${a.state}`, at: a.stateAt, tone: toneOf(a.state), lines: [a.reasonWords].filter(Boolean) }]
}

/** consentText says what a person allowed, of ads alone. */
export function consentText(c: Consent): string {
  const said = new Set([c.userData, c.personal])
  if (said.has('denied')) return 'consent for ads denied'
  return said.has('granted') ? 'consent for ads granted' : 'not asked for consent for ads'
}

const viaText = (via: string) => ({ browser: 'the browser', server: 'a server', pixel: 'a pixel' })[via] ?? 'an unknown way'

function pathOf(address: string): string {
  try {
    return new URL(address).pathname
  } catch {
    return address
  }
}
