// What the made-up shop of the development server is made of: names with their weights.

export type Weighted<T> = readonly (readonly [T, number])[]

export interface Origin {
  channel: string
  source: string
  referrer: string
  medium: string
  campaign: string
}

const origin = (channel: string, source: string, referrer = '', medium = '', campaign = ''): Origin => ({
  channel, source, referrer, medium, campaign,
})

export const origins: Weighted<Origin> = [
  [origin('Paid Search', 'Google', 'https://www.google.com/', 'cpc', 'Autumn DE · trail shoes'), 20],
  [origin('Paid Search', 'Google', 'https://www.google.com/', 'cpc', 'Brand'), 12],
  [origin('Paid Search', 'Bing', 'https://www.bing.com/', 'cpc', 'Autumn FR · iOS'), 6],
  [origin('Organic Search', 'Google', 'https://www.google.com/'), 19],
  [origin('Organic Search', 'DuckDuckGo', 'https://duckduckgo.com/'), 5],
  [origin('Organic Search', 'Ecosia', 'https://www.ecosia.org/'), 2],
  [origin('Direct', '', ''), 15],
  [origin('Paid Social', 'Instagram', 'https://l.instagram.com/', 'paid_social', 'Lookalike 2 %'), 7],
  [origin('Paid Social', 'Facebook', 'https://m.facebook.com/', 'paid_social', 'Retargeting 14 days'), 3],
  [origin('Email', 'Newsletter', '', 'email', 'Week 47'), 6],
  [origin('AI Assistants', 'ChatGPT', 'https://chatgpt.com/'), 3],
  [origin('Referral', 'trailmag.example', 'https://trailmag.example/best-shoes-for-wet-ground'), 3],
  [origin('Referral', 'run-club.example', 'https://run-club.example/forum/thread/2041'), 2],
]

export const hostileOrigins: Weighted<Origin> = [
  [origin('<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', 'javascript:alert(3)', '=cmd|calc', '{{constructor}}'), 30],
  [origin('Referral', 'data:text/html,<script>alert(4)</script>', 'data:text/html,<script>alert(4)</script>', 'x', '\u202egnp.exe'), 25],
  [origin('Referral', 'a'.repeat(300), `https://long.example/${'b'.repeat(900)}`, 'y', '@SUM(A1)'), 20],
]

export interface Place {
  country: string
  region: string
  city: string
}

const place = (country: string, region: string, city: string): Place => ({ country, region, city })

export const places: Weighted<Place> = [
  [place('DE', 'Berlin', 'Berlin'), 15],
  [place('DE', 'Bavaria', 'Munich'), 12],
  [place('DE', 'Hamburg', 'Hamburg'), 8],
  [place('FR', 'Île-de-France', 'Paris'), 14],
  [place('FR', 'Auvergne-Rhône-Alpes', 'Lyon'), 6],
  [place('PT', 'Lisbon', 'Lisbon'), 8],
  [place('PT', 'Porto', 'Porto'), 4],
  [place('GB', 'England', 'London'), 9],
  [place('NL', 'North Holland', 'Amsterdam'), 7],
  [place('AT', 'Vienna', 'Vienna'), 5],
  [place('ES', 'Madrid', 'Madrid'), 4],
  [place('US', 'California', 'San Francisco'), 3],
  [place('', '', ''), 2],
]

export const hostilePlaces: Weighted<Place> = [[place('XX<b>', '<svg onload=alert(5)>', "'; DROP TABLE events; --"), 10], ...places]

export const devices: Weighted<readonly [string, string, string]> = [
  [['mobile', 'Safari', 'iOS'], 30],
  [['mobile', 'Chrome', 'Android'], 24],
  [['desktop', 'Chrome', 'Windows'], 18],
  [['desktop', 'Safari', 'macOS'], 10],
  [['desktop', 'Firefox', 'Linux'], 5],
  [['desktop', 'Edge', 'Windows'], 7],
  [['tablet', 'Safari', 'iPadOS'], 6],
]

export const pages: Weighted<string> = [
  ['/', 30],
  ['/products/trail-runner', 16],
  ['/sale', 12],
  ['/products/wool-socks', 9],
  ['/products/rain-shell', 7],
  ['/cart', 7],
  ['/checkout', 5],
  ['/blog/how-to-choose-a-trail-shoe-for-wet-ground', 6],
  ['/blog/winter-running', 4],
  ['/stores', 3],
  ['/about', 2],
]

export const hostilePages: Weighted<string> = [
  ['/<img src=x onerror=alert(6)>', 30],
  ['//evil.example/phish', 20],
  ['/javascript:alert(7)', 10],
  ['=HYPERLINK("https://evil.example")', 10],
  ['/' + 'long-'.repeat(80), 10],
]

/** manyPages makes a long tail, so that searching and paging have something to do. */
export function manyPages(): Weighted<string> {
  return [...pages, ...Array.from({ length: 140 }, (_, i) => [`/products/item-${String(i + 1).padStart(3, '0')}`, 0.12] as const)]
}
