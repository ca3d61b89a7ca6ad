package admin

import (
	"time"

	"noctra/admin/internal/store"
)

// keyState is what a key is good for now.
func keyState(now time.Time, revoked, expires *time.Time) string {
	switch {
	case revoked != nil:
		return "revoked"
	case expires != nil && !expires.After(now):
		return "expired"
	}
	return "active"
}

func makerOf(account *int64, name *string) *KeyMaker {
	if account == nil || name == nil {
		return nil
	}
	return &KeyMaker{number(account), *name}
}

// ofUTC is t in UTC, nil for none.
func ofUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

func viewServerKey(r store.ServerKeysOfRow, now time.Time) ServerKeyView {
	return ServerKeyView{
		KeyView: KeyView{
			ID: number(&r.ID), Name: r.Name, State: keyState(now, r.RevokedAt, r.ExpiresAt), CreatedAt: r.CreatedAt.UTC(), CreatedBy: makerOf(r.CreatedBy, r.Creator),
			FirstUsedAt: ofUTC(r.FirstUsedAt), LastUsedAt: ofUTC(r.LastUsedAt), ExpiresAt: ofUTC(r.ExpiresAt), RevokedAt: ofUTC(r.RevokedAt),
			Replaces: number(r.Replaces), ReplacedBy: number(r.ReplacedBy),
		},
		SiteIDs: numbers(r.SiteIds), AllSites: len(r.SiteIds) == 0, Signature: r.Signature, CanSign: r.Signs, Scope: r.Scope,
	}
}

func viewAPIKey(r store.APIKeysOfRow, now time.Time) APIKeyView {
	return APIKeyView{
		KeyView: KeyView{
			ID: number(&r.ID), Name: r.Name, State: keyState(now, r.RevokedAt, r.ExpiresAt), CreatedAt: r.CreatedAt.UTC(), CreatedBy: makerOf(r.CreatedBy, r.Creator),
			FirstUsedAt: ofUTC(r.FirstUsedAt), LastUsedAt: ofUTC(r.LastUsedAt), ExpiresAt: ofUTC(r.ExpiresAt), RevokedAt: ofUTC(r.RevokedAt),
			Replaces: number(r.Replaces), ReplacedBy: number(r.ReplacedBy),
		},
		WorkspaceID: number(&r.WorkspaceID), SiteIDs: numbers(r.SiteIds), AllSites: len(r.SiteIds) == 0, Scopes: r.Scopes,
	}
}
