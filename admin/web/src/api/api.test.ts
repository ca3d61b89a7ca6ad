import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { linkToken } from '../app/linkToken'
import { csv } from '../export/csv'
import { keyName } from '../keys/keys'
import { decodeAccount, decodeSessions } from './account'
import { ApiError, fetchQuery } from './client'
import { decodeFields, decodeLive, decodeMe, decodeQuery } from './decode'
import { refresher } from './refresh'
import { throttle } from './throttle'

describe('answers are read with suspicion', () => {
  test('a query', () => {
    const body = { results: [{ dimensions: ['a', 3, null, { x: 1 }], metrics: [1, '2.50', null, Infinity, {}], comparison: { metrics: [4] } }, 7], meta: { time_labels: ['2026-11-24'], total_rows: 9, bot_events_left_out: 1204 } }
    expect(decodeQuery(body)).toEqual({
      rows: [
        { dimensions: ['a', '3', '', ''], metrics: [1, '2.50', null, null, null], comparison: [4] },
        { dimensions: [], metrics: [], comparison: null },
      ],
      timeLabels: ['2026-11-24'],
      totalRows: 9,
      botEventsLeftOut: 1204,
    })
  })
  test.each([null, 'x', 3, [], { results: {} }])('%j is no rows', (body) => expect(decodeQuery(body).rows).toEqual([]))
  test('me and live', () => {
    expect(decodeMe({ sites: [{ id: 7, public_key: 'nst_1', hostname: 'h' }] }).sites[0]).toMatchObject({ id: '7', name: 'h', timeZone: 'UTC', currency: 'EUR' })
    expect(decodeLive({ visitors_now: '3', minutes: [{ pageviews: 'x' }], pages: null })).toMatchObject({ visitorsNow: 3, minutes: [{ pageviews: 0 }], pages: [], lastEventAt: null })
  })
})

describe('errors', () => {
  afterEach(() => vi.unstubAllGlobals())
  const ask = async (response: () => Promise<Response>) => {
    vi.stubGlobal('fetch', response)
    const query = { site_id: 'x', metrics: [], date_range: ['', ''] as [string, string] }
    return fetchQuery(query, new AbortController().signal).catch((e: unknown) => e)
  }
  test('a problem keeps its code and sentence', async () => {
    const body = JSON.stringify({ code: 'overloaded', detail: 'Too many questions.' })
    const error = await ask(async () => new Response(body, { status: 429, headers: { 'Retry-After': '2' } }))
    expect(error).toMatchObject({ status: 429, code: 'overloaded', message: 'Too many questions.', retryAfterMs: 2000, temporary: true })
  })
  test('no problem body, no answer', async () => {
    expect(await ask(async () => new Response('<html>', { status: 400 }))).toMatchObject({ status: 400, code: 'unknown', temporary: false })
    const gone = await ask(() => Promise.reject(new TypeError('network')))
    expect(gone).toBeInstanceOf(ApiError)
    expect(gone).toMatchObject({ status: 0, temporary: true })
  })
})

describe('throttle', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  test('at once, then once an interval, and never loses the last call', () => {
    const run = vi.fn()
    const t = throttle(run, 2000)
    for (let i = 0; i < 50; i++) {
      t()
      vi.advanceTimersByTime(100)
    }
    expect(run).toHaveBeenCalledTimes(3)
    vi.advanceTimersByTime(2000)
    expect(run).toHaveBeenCalledTimes(4)
    t()
    t()
    t.cancel()
    vi.advanceTimersByTime(5000)
    expect(run.mock.calls.length).toBeLessThanOrEqual(5)
  })
})

describe('refresher', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const asking = () => {
    const under: (() => void)[] = [] // ends what is under way
    const ask = vi.fn(() => new Promise<void>((resolve) => under.push(resolve)))
    const refresh = refresher({ busy: () => under.length > 0, ask, intervalMs: 2000 })
    const answer = async (ms: number) => {
      under.splice(0).forEach((end) => end())
      await vi.advanceTimersByTimeAsync(ms)
    }
    return { ask, refresh, answer }
  }
  test('news while an answer is under way asks once more after it', async () => {
    const { ask, refresh, answer } = asking()
    refresh()
    await vi.advanceTimersByTimeAsync(5000)
    refresh()
    expect(ask).toHaveBeenCalledTimes(2)
    await answer(2000)
    expect(ask).toHaveBeenCalledTimes(3)
    await answer(60_000)
    expect(ask).toHaveBeenCalledTimes(3)
  })
  test('nothing is asked after the end', async () => {
    const { ask, refresh, answer } = asking()
    refresh()
    await vi.advanceTimersByTimeAsync(5000)
    refresh()
    refresh.cancel()
    await answer(60_000)
    expect(ask).toHaveBeenCalledTimes(2)
  })
})

test('CSV quotes, and makes formulas harmless', () => {
  const rows = [
    ['=1+1', 3, { decimal: '-12.50' }],
    ['+a', -4, { decimal: '=x' }],
    ['-a', 0.5, null],
    ['@a', 1, '\tx'],
    ['\0a', 1, 'say "a,b"\nc'],
    ['/plain', 1, ''],
  ] as const
  expect(csv(['page', 'n', 'money'], rows)).toBe(
    ["page,n,money", "'=1+1,3,-12.50", "'+a,-4,'=x", "'-a,0.5,", "'@a,1,'\tx", `"'\0a",1,"say ""a,b""\nc"`, '/plain,1,', ''].join('\r\n'),
  )
})

test('keys', () => {
  const key = (k: string, more = {}) => keyName({ key: k, ctrlKey: false, metaKey: false, altKey: false, ...more })
  expect([key('d'), key('?'), key('ArrowLeft'), key('d', { ctrlKey: true }), key('d', { metaKey: true })]).toEqual(['D', '?', 'ArrowLeft', null, null])
})

describe('accounts', () => {
  test('are read with suspicion', () => {
    expect(decodeAccount({ name: 3, email: null, totp: 'yes', has_password: true, recovery_codes_left: 'x', delete_after: 7 })).toEqual({
      name: '3', email: '', pendingEmail: null, createdAt: '', hasPassword: true, passwordChangedAt: null, totp: false, recoveryCodesLeft: 0, deleteAfter: null,
    })
    expect(decodeSessions({ sessions: [null, { id: 7, current: 1 }] }).map((s) => [s.id, s.current])).toEqual([['', false], ['7', false]])
  })
  test('a problem keeps its fields', () => {
    expect(decodeFields({ errors: [{ path: 'email', message: 'No.' }, 3] })).toEqual([{ path: 'email', message: 'No.' }, { path: '', message: '' }])
  })
  test.each([
    ['#token=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP'],
    ['#token=short', ''], ['#token=<script>alert(1)</script>', ''], ['', ''], ['#main', ''],
  ])('the token of %s', (hash, token) => expect(linkToken(hash)).toBe(token))
})
