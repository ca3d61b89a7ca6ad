-- name: SightingsOf :many
-- What collectors saw of a site's pages since an hour, the newest first.
SELECT kind, host, detail, sum(n)::bigint AS n, max(last_at)::timestamptz AS last_at FROM site_sightings
WHERE site_id = $1 AND hour >= sqlc.arg(since)::timestamptz GROUP BY kind, host, detail ORDER BY max(last_at) DESC, kind, host, detail LIMIT 100;

-- name: DropOldSightings :exec
DELETE FROM site_sightings WHERE hour < sqlc.arg(before)::timestamptz;
