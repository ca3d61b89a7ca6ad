package admin

import (
	"bytes"
	"context"
	"fmt"

	"noctra/admin/internal/store"
	"noctra/internal/googleauth"
)

// resealGoogle seals tokens of Google anew and returns of how many connections. Consents that are under
// way are not in it: they are over before an old key may be retired.
func resealGoogle(ctx context.Context, q *store.Queries, rewrap rewrapper) (n int, err error) {
	rows, err := q.SealedGoogleTokens(ctx)
	if err != nil {
		return 0, fmt.Errorf("read tokens of google: %w", err)
	}
	for _, r := range rows {
		next := store.ReplaceGoogleTokensParams{ID: r.ID}
		if next.RefreshToken, err = resealOne(r.RefreshToken, googleauth.RefreshPlace(r.ID), rewrap); err == nil {
			next.AccessToken, err = resealOne(r.AccessToken, googleauth.AccessPlace(r.ID), rewrap)
		}
		if err != nil {
			return n, fmt.Errorf("tokens of connection %d: %w", r.ID, err)
		}
		if bytes.Equal(next.RefreshToken, r.RefreshToken) && bytes.Equal(next.AccessToken, r.AccessToken) {
			continue
		}
		if err := q.ReplaceGoogleTokens(ctx, next); err != nil {
			return n, fmt.Errorf("keep tokens of connection %d: %w", r.ID, err)
		}
		n++
	}
	return n, nil
}

func resealOne(sealed []byte, place string, rewrap rewrapper) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	out, _, err := rewrap(sealed, place)
	return out, err
}
