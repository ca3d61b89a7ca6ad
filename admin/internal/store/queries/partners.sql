-- name: PartnersOf :many
SELECT * FROM postback_partners WHERE site_id = sqlc.arg(site) AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: PartnerOf :one
SELECT * FROM postback_partners WHERE id = $1 AND site_id = sqlc.arg(site);

-- name: CountPartners :one
SELECT count(*) FROM postback_partners WHERE site_id = sqlc.arg(site);

-- name: PartnerNamed :many
-- Another partner of the site with that name.
SELECT id FROM postback_partners WHERE site_id = sqlc.arg(site) AND name = $1 AND id <> sqlc.arg(other);

-- name: AddPartner :one
INSERT INTO postback_partners (site_id, name, parameters, statuses, plain_ok, created_at, changed_at)
VALUES (sqlc.arg(site), $1, $2, $3, $4, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: ChangePartner :one
UPDATE postback_partners SET parameters = $2, statuses = $3, plain_ok = $4, version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: DeletePartner :exec
DELETE FROM postback_partners WHERE id = $1;
