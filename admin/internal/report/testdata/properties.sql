SELECT *
FROM (SELECT m.d0 AS d0, m.n_visits AS n_visits
FROM (SELECT d0, countIf(visitor_id != 0) AS n_visits
FROM (SELECT if(prop0 = '', '(none)', toString(prop0)) AS d0, visitor_id
FROM (SELECT day, visitor_id, bot, start_ms, kind, prop0, start_ms + toInt64(event_offset) AS at_ms, greatest(start_ms, toInt64(1774220400000)) AS visit_ms
FROM (SELECT day, visitor_id, bot, min(t) AS start_ms, arrayMap(x -> toUInt32(x - min(t)), groupArray(t)) AS e_offset, groupArray(kind) AS e_kind, groupArray(x_e_prop0) AS e_prop0
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, props[{p1:String}] AS x_e_prop0
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774220400000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774479600000), 'UTC'))) AND via != 4)
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno)
ARRAY JOIN e_offset AS event_offset, e_kind AS kind, e_prop0 AS prop0) AS v
WHERE visitor_id != 0 AND bot = 0 AND 1
GROUP BY d0, visitor_id, bot, start_ms)
GROUP BY d0) AS m)
ORDER BY d0 ASC, d0 LIMIT 5 OFFSET 10
