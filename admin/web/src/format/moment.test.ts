import { expect, test } from 'vitest'
import { deviceName } from './device'
import { dayText, momentText, sinceText, zoneText } from './moment'

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36', 'Chrome on Windows'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0', 'Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15', 'Safari on macOS'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1', 'Chrome on iPhone'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox on Android'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36', 'Chrome on ChromeOS'],
  ['curl/8.5.0', 'Curl'],
  ['Go-http-client/1.1', 'A program in Go'],
  ['SomethingElse (Linux)', 'Browser on Linux'],
  ['', 'Unknown device'],
  ['<script>alert(1)</script>', 'Unknown device'],
])('%s is %s', (agent, name) => expect(deviceName(agent)).toBe(name))

test('moments are those of the reader', () => {
  const at = new Date('2026-11-25T03:30:00Z')
  expect(momentText(at, 'America/New_York')).toBe('24 Nov 2026, 22:30')
  expect(dayText(at, 'Europe/Berlin')).toBe('25 Nov 2026')
  expect(zoneText('America/New_York', at)).toBe('America/New_York (UTC−5)')
  expect(zoneText('UTC', at)).toBe('UTC')
  const later = (ms: number) => sinceText(at, new Date(at.getTime() + ms), 'Europe/Berlin').replace(/\s/g, ' ')
  expect([later(0), later(89_000), later(600_000), later(7_200_000)]).toEqual(['just now', 'just now', '10 min ago', '2 h ago'])
  expect(later(40 * 3_600_000)).toBe('25 Nov 2026, 04:30')
})
