SELECT *
FROM (SELECT m.n_visitors AS n_visitors, m.n_gross AS n_gross, m.n_refunded AS n_refunded, m.n_visits AS n_visits, m.n_bounces AS n_bounces
FROM (SELECT uniqExactIf(visitor_id, visitor_id != 0) AS n_visitors, sum(arraySum((k, a, c) -> if(k = 3 AND c = {p1:String}, toInt128(a), toInt128(0)), m_kind, m_amount, m_currency)) AS n_gross, sum(arraySum((k, a, c) -> if(k = 4 AND c = {p1:String}, toInt128(a), toInt128(0)), m_kind, m_amount, m_currency)) AS n_refunded, countIf(visitor_id != 0) AS n_visits, countIf(visitor_id != 0 AND interactive = 1) AS n_bounces
FROM (SELECT *, start_ms AS at_ms
FROM (SELECT day, visitor_id, bot, toUnixTimestamp64Milli(start) AS start_ms, m_kind, m_amount, m_currency, interactive
FROM visits
WHERE site_id = 1 AND (day, gen) IN ((toDate(20535),11), (toDate(20536),12)) AND (day, visitor_id) GLOBAL NOT IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC'))))
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, groupArrayIf(kind, kind IN (3, 4)) AS m_kind, groupArrayIf(amount, kind IN (3, 4)) AS m_amount, groupArrayIf(currency, kind IN (3, 4)) AS m_currency, toUInt32(countIf(interactive_event)) AS interactive
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, NOT (kind = 6 AND name = 'engagement') AS interactive_event, amount, currency
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC'))) AND via != 4 AND (toDate(occurred_at, {tz:String}), visitor_id) GLOBAL IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC')))))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, groupArrayIf(kind, kind IN (3, 4)) AS m_kind, groupArrayIf(amount, kind IN (3, 4)) AS m_amount, groupArrayIf(currency, kind IN (3, 4)) AS m_currency, toUInt32(countIf(interactive_event)) AS interactive
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, NOT (kind = 6 AND name = 'engagement') AS interactive_event, amount, currency
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774479600000), 'UTC'))) AND via != 4)
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno))
WHERE bot = 0 AND 1) AS m)
ORDER BY n_visitors DESC NULLS LAST LIMIT 10000 OFFSET 0
