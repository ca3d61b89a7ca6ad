SELECT *
FROM (SELECT m.d0 AS d0, m.n_visitors AS n_visitors, m.n_pageviews AS n_pageviews
FROM (SELECT if(page = '', '(not set)', toString(page)) AS d0, uniqExactIf(visitor_id, visitor_id != 0) AS n_visitors, countIf(kind = 1) AS n_pageviews
FROM (SELECT toDate(occurred_at, {tz:String}) AS day, visitor_id, is_bot AS bot, toUnixTimestamp64Milli(occurred_at) AS at_ms, toUInt8(kind) AS kind, path AS page
FROM events
WHERE site_id = 1 AND ((occurred_at >= fromUnixTimestamp64Milli(toInt64(1774393200000), 'UTC') AND occurred_at < fromUnixTimestamp64Milli(toInt64(1774479600000), 'UTC'))) AND via != 4)
WHERE bot = 0 AND arrayExists(v -> position(toString(page), v) > 0, {p1:Array(String)})
GROUP BY d0) AS m)
ORDER BY n_visitors DESC NULLS LAST, d0 LIMIT 10000 OFFSET 0
