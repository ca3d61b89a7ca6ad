import { describe, expect, test } from 'vitest'
import { asFilter, readChosen, writeChosen } from '../pages/audit/filter'
import { difference, stayed, subjects } from './difference'
import { actionText } from './words'

describe('before and after', () => {
  test('are a line for each thing that differs', () => {
    const before = { site_id: 3, name: 'Shop', params: ['a'], bots: { known: true, list: [] } }
    const after = { site_id: 3, name: 'Shop', params: ['a', 'b'], bots: { known: false, list: [] }, zone: 'UTC' }
    expect(difference(before, after)).toEqual([
      { name: 'params', before: 'a', after: 'a, b' },
      { name: 'bots.known', before: 'true', after: 'false' },
      { name: 'zone', before: null, after: 'UTC' },
    ])
    expect(stayed(before, after)).toEqual([['site_id', '3'], ['name', 'Shop'], ['bots.list', 'none']])
  })
  test('may be missing, or no objects', () => {
    expect(difference(undefined, { role: 'owner' })).toEqual([{ name: 'role', before: null, after: 'owner' }])
    expect(difference({ role: 'owner' }, null)).toEqual([{ name: 'role', before: 'owner', after: null }])
    expect(difference(1, [{ a: 1 }])).toEqual([{ name: '[0].a', before: null, after: '1' }, { name: 'value', before: '1', after: null }])
  })
  test('name the things that they are about', () => {
    expect(subjects({ details: { key_id: '3', other: 4 }, before: { account_id: 57 }, after: { account_id: 57, site_id: 0, x_id: 'y' } })).toEqual([
      { noun: 'account_id', number: '57' },
      { noun: 'key_id', number: '3' },
    ])
  })
})

test('what is not known of actions is shown as it came', () => {
  expect([actionText('member.left'), actionText('retention_job.went_on')]).toEqual(['left', 'retention job: went on'])
})

describe('the filter', () => {
  test('is read from the address and written back', () => {
    const q = new URLSearchParams('action=member&who=42&about=site_id:3&search=a+b&from=2026-11-01&to=2026-11-30')
    expect(writeChosen(readChosen(q)).toString()).toBe('action=member&who=42&about=site_id%3A3&search=a+b&from=2026-11-01&to=2026-11-30')
    const none = readChosen(new URLSearchParams('action=A!&who=x&about=3&from=2026-02-30&to=soon'))
    expect(none).toEqual({ action: '', who: '', about: '', search: '', from: '', to: '' })
  })
  test('takes whole days of the reader, also where a clock is changed at midnight', () => {
    const days = (from: string, to: string, zone: string) => {
      const f = asFilter({ ...readChosen(new URLSearchParams()), from, to }, zone)
      return [f.from, f.to]
    }
    expect(days('2026-11-24', '2026-11-24', 'America/New_York')).toEqual(['2026-11-24T05:00:00.000Z', '2026-11-25T05:00:00.000Z'])
    expect(days('2026-10-25', '2026-10-25', 'Europe/Berlin')).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'])
    expect(days('2026-04-24', '2026-04-24', 'Africa/Cairo')).toEqual(['2026-04-23T22:00:00.000Z', '2026-04-24T21:00:00.000Z'])
    expect(days('2026-09-06', '2026-09-06', 'America/Santiago')).toEqual(['2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'])
    expect(days('', '', 'UTC')).toEqual(['', ''])
  })
})
