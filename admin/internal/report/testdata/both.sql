SELECT *
FROM (SELECT m.d0 AS d0, m.d1 AS d1, m.n_events AS n_events, m.n_visits AS n_visits
FROM (SELECT d0, d1, sum(u.n_events) AS n_events, sum(u.n_visits) AS n_visits
FROM (SELECT d0, d1, n_events, toUInt64(0) AS n_visits
FROM (SELECT (toInt64(toUnixTimestamp(toDateTime(intDiv(at_ms, 1000), {tz:String}))) + timezoneOffset(toDateTime(intDiv(at_ms, 1000), {tz:String}))) - (toInt64(toUnixTimestamp(toDateTime(intDiv(at_ms, 1000), {tz:String}))) + timezoneOffset(toDateTime(intDiv(at_ms, 1000), {tz:String}))) % 3600 AS d0, if(source = '', 'Direct / None', toString(source)) AS d1, count() AS n_events
FROM (SELECT day, visitor_id, bot, start_ms, source, kind, name, start_ms + toInt64(event_offset) AS at_ms, greatest(start_ms, toInt64(1774220400000)) AS visit_ms
FROM (SELECT day, visitor_id, bot, toUnixTimestamp64Milli(start) AS start_ms, source, e_offset, e_kind, e_name
FROM visits
WHERE site_id = 1 AND (day, gen) IN ((toDate(20535),11), (toDate(20536),12)) AND (day, visitor_id) GLOBAL NOT IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC'))))
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, anyIf(source, isnew) AS source, arrayMap(x -> toUInt32(x - min(t)), groupArray(t)) AS e_offset, groupArray(kind) AS e_kind, groupArray(name) AS e_name
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, CRC32(event_id) AS tie, source, name
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC'))) AND via != 4 AND (toDate(occurred_at, {tz:String}), visitor_id) GLOBAL IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC')))))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, anyIf(source, isnew) AS source, arrayMap(x -> toUInt32(x - min(t)), groupArray(t)) AS e_offset, groupArray(kind) AS e_kind, groupArray(name) AS e_name
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, CRC32(event_id) AS tie, source, name
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774479600000), 'UTC'))) AND via != 4)
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno)
ARRAY JOIN e_offset AS event_offset, e_kind AS kind, e_name AS name)
WHERE bot = 0 AND has({p1:Array(String)}, toString(if(kind = 5, toString(name), '')))
GROUP BY d0, d1)
UNION ALL SELECT d0, d1, toUInt64(0) AS n_events, n_visits
FROM (SELECT d0, d1, countIf(visitor_id != 0) AS n_visits
FROM (SELECT (toInt64(toUnixTimestamp(toDateTime(intDiv(visit_ms, 1000), {tz:String}))) + timezoneOffset(toDateTime(intDiv(visit_ms, 1000), {tz:String}))) - (toInt64(toUnixTimestamp(toDateTime(intDiv(visit_ms, 1000), {tz:String}))) + timezoneOffset(toDateTime(intDiv(visit_ms, 1000), {tz:String}))) % 3600 AS d0, if(source = '', 'Direct / None', toString(source)) AS d1, visitor_id
FROM (SELECT day, visitor_id, bot, start_ms, source, kind, name, start_ms + toInt64(event_offset) AS at_ms, greatest(start_ms, toInt64(1774220400000)) AS visit_ms
FROM (SELECT day, visitor_id, bot, toUnixTimestamp64Milli(start) AS start_ms, source, e_offset, e_kind, e_name
FROM visits
WHERE site_id = 1 AND (day, gen) IN ((toDate(20535),11), (toDate(20536),12)) AND (day, visitor_id) GLOBAL NOT IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC'))))
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, anyIf(source, isnew) AS source, arrayMap(x -> toUInt32(x - min(t)), groupArray(t)) AS e_offset, groupArray(kind) AS e_kind, groupArray(name) AS e_name
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, CRC32(event_id) AS tie, source, name
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC'))) AND via != 4 AND (toDate(occurred_at, {tz:String}), visitor_id) GLOBAL IN (SELECT toDate(occurred_at, {tz:String}), visitor_id
FROM events
WHERE site_id = 1 AND (((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774306800000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC')) AND inserted_at > fromUnixTimestamp64Milli(toInt64(1774499880000), 'UTC')))))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno
UNION ALL SELECT day, visitor_id, bot, min(t) AS start_ms, anyIf(source, isnew) AS source, arrayMap(x -> toUInt32(x - min(t)), groupArray(t)) AS e_offset, groupArray(kind) AS e_kind, groupArray(name) AS e_name
FROM (SELECT *, sum(isnew) OVER w AS vno
FROM (SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > 1800000) AS isnew
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUInt8(kind) AS kind, toUnixTimestamp64Milli(occurred_at) AS t, t * 8 + kind AS k, CRC32(event_id) AS tie, source, name
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774479600000), 'UTC'))) AND via != 4)
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
WINDOW w AS (PARTITION BY day, visitor_id, bot
ORDER BY k, tie RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
GROUP BY day, visitor_id, bot, vno)
ARRAY JOIN e_offset AS event_offset, e_kind AS kind, e_name AS name) AS v
WHERE visitor_id != 0 AND bot = 0 AND has({p2:Array(String)}, toString(if(kind = 5, toString(name), '')))
GROUP BY d0, d1, visitor_id, bot, start_ms)
GROUP BY d0, d1)) AS u
GROUP BY d0, d1) AS m)
ORDER BY d0 ASC, n_events DESC NULLS LAST, d0, d1 LIMIT 10000 OFFSET 0
