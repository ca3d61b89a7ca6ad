package sites

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/layouts"
	"noctra/schema"
)

// Postgres is the Loader of tables sites and server_keys.
type Postgres struct{ Pool *pgxpool.Pool }

// Revision implements Loader.
func (p Postgres) Revision(ctx context.Context) (revision int64, err error) {
	if err = p.Pool.QueryRow(ctx, `SELECT last_value FROM site_revision`).Scan(&revision); err != nil {
		return 0, fmt.Errorf("read site_revision: %w", err)
	}
	return revision, nil
}

const (
	selectSites = `SELECT id, workspace_id, public_key, name, hostnames, time_zone, currency, identity_mode, identity_key, query_params, state <> 'active',
		consent_mode, bot_rules, excluded_addresses, excluded_paths, sales_from_browsers,
		(SELECT jsonb_agg(jsonb_build_object('name', p.name, 'parameters', p.parameters, 'statuses', p.statuses, 'plain_ok', p.plain_ok) ORDER BY p.name) FROM postback_partners p WHERE p.site_id = sites.id)
		FROM sites WHERE state <> 'deleted'`
	selectKeys = `SELECT id, workspace_id, key_hash, site_ids, expires_at, signature = 'required', signing_secret, scope = 'postback' FROM server_keys
		WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now() - interval '30 days')` // whoever holds one that ended is told so

	// A change counts up site_revision before its transaction ends. Where no transaction that changes
	// anything was under way before the sites are read, whatever was counted until then is among them.
	selectSettled = `SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock')`
)

// Load implements Loader.
func (p Postgres) Load(ctx context.Context) (source Source, err error) {
	if err = p.Pool.QueryRow(ctx, selectSettled).Scan(&source.Settled); err != nil { // before the snapshot
		return source, fmt.Errorf("read transactions under way: %w", err)
	}
	err = pgx.BeginTxFunc(ctx, p.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectSites)
		if err != nil {
			return fmt.Errorf("read sites: %w", err)
		}
		if source.Sites, err = pgx.CollectRows(rows, scanSite); err != nil {
			return fmt.Errorf("read sites: %w", err)
		}
		if rows, err = tx.Query(ctx, selectKeys); err != nil {
			return fmt.Errorf("read server keys: %w", err)
		}
		if source.Keys, err = pgx.CollectRows(rows, scanKey); err != nil {
			return fmt.Errorf("read server keys: %w", err)
		}
		if source.Erased, err = readErased(ctx, tx); err != nil {
			return err
		}
		source.Layouts, err = layouts.Read(ctx, tx) // with the sites: one that is newer than a layout is never known without it
		return err
	})
	return source, err
}

// PublicKeys returns the public keys of all sites.
func (p Postgres) PublicKeys(ctx context.Context) (map[schema.SiteID]string, error) {
	rows, err := p.Pool.Query(ctx, `SELECT id, public_key FROM sites`)
	if err != nil {
		return nil, fmt.Errorf("read public keys of sites: %w", err)
	}
	keys := map[schema.SiteID]string{}
	var id int64
	var key string
	if _, err := pgx.ForEachRow(rows, []any{&id, &key}, func() error { keys[schema.SiteID(id)] = key; return nil }); err != nil {
		return nil, fmt.Errorf("read public keys of sites: %w", err)
	}
	return keys, nil
}

func scanSite(row pgx.CollectableRow) (s schema.Site, err error) {
	var id, workspace int64
	var mode string
	err = row.Scan(&id, &workspace, &s.PublicKey, &s.Name, &s.Hostnames, &s.TimeZone, &s.Currency, &mode, &s.IdentityKey, &s.QueryParams, &s.Archived,
		&s.ConsentMode, &s.BotRules, &s.ExcludedAddresses, &s.ExcludedPaths, &s.SalesFromBrowsers, &s.Postbacks)
	s.ID, s.Workspace, s.IdentityMode = schema.SiteID(id), schema.WorkspaceID(workspace), schema.IdentityMode(mode)
	return s, err
}

func scanKey(row pgx.CollectableRow) (k ServerKey, err error) {
	var workspace int64
	var hash []byte
	var ids []int64
	var expires *time.Time
	if err = row.Scan(&k.ID, &workspace, &hash, &ids, &expires, &k.MustSign, &k.Sealed, &k.Postback); err != nil {
		return k, err
	}
	if expires != nil {
		k.Expires = schema.MillisOf(*expires)
	}
	if len(hash) != sha256.Size {
		return k, fmt.Errorf("server key %d has a hash of %d bytes", k.ID, len(hash))
	}
	k.Workspace, k.Hash = schema.WorkspaceID(workspace), [sha256.Size]byte(hash)
	for _, id := range ids {
		k.SiteIDs = append(k.SiteIDs, schema.SiteID(id))
	}
	return k, nil
}
