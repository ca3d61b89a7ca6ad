import { expect, test } from 'vitest'
import { decodeSettings } from '../../api/siteSettings'
import { botRulesOf } from './BotRulesField'
import { wholeNumber } from './CollectingSection'
import { funnelText, matchOf, matchText, propsOf } from './goalWords'
import { sectionFor } from './SiteSettingsPage'

test('goals are read out of a form by their kind, and written in words', () => {
  expect(matchOf({ kind: 'page', path: ' /thanks* ', event: 'x' })).toEqual({ kind: 'page', path: '/thanks*' })
  expect(matchOf({ kind: 'event', event_type: '', event: 'signup', props: 'plan = a=b\n\nx' })).toEqual({ kind: 'event', name: 'signup', props: { plan: 'a=b', x: '' } })
  expect(matchOf({ kind: 'sale', min_amount: '' })).toEqual({ kind: 'sale' })
  expect(propsOf(undefined)).toEqual({})
  expect([
    matchText({ kind: 'sale', min_amount: '5' }, 'EUR'),
    matchText({ kind: 'event', event_type: 'interaction', name: 'play', props: { a: 'b' } }, 'EUR'),
    matchText({ kind: 'event' }, 'EUR'),
  ]).toEqual(['A sale of at least 5 EUR', 'An interaction “play” with a = b', 'An event'])
  const steps = [{ goalId: '1', name: '', match: null }, { goalId: '9', name: '', match: null }, { goalId: '', name: 'Own', match: { kind: 'sale' as const } }]
  expect(funnelText({ id: '1', name: 'f', steps, windowHours: 24, strict: true }, [{ id: '1', name: 'Basket', match: { kind: 'page' } }])).toBe('Basket → goal 9 → Own · within 24 h, nothing in between')
})

test('settings keep what is for ever apart from none', () => {
  const s = decodeSettings({ id: '3', workspace_id: '1', retention_raw_days: 30, retention_aggregates_days: null, bot_rules: [{ kind: 'path', value: '/x', action: 'allow' }], state: 'odd' })
  expect([s.retentionRawDays, s.retentionAggregatesDays, s.state, s.botRules]).toEqual([30, null, 'active', [{ kind: 'path', value: '/x', action: 'allow' }]])
  expect([wholeNumber(' 90 '), wholeNumber('1.5'), wholeNumber(undefined), botRulesOf('')]).toEqual([90, '1.5', '', []])
})

test('a section that a role may not see gives way to the first that it may', () => {
  expect([sectionFor('owner', ''), sectionFor('owner', 'keys'), sectionFor('analyst', 'keys'), sectionFor('analyst', 'installation'), sectionFor('owner', 'nonsense')]).toEqual(['general', 'keys', 'goals', 'installation', 'general'])
})
