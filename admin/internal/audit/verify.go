package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
)

// Place is an entry: its chain (a workspace, or 0) and its number there.
type Place struct {
	Chain int64
	Seq   int64
}

// Report is what was found when the audit was checked.
type Report struct {
	Entries   int64
	Forgotten int64    // people who were erased out of it
	Anchors   int      // that were compared
	Gaps      []Place  // entries that do not follow from the one before, or lack what nobody erased; at most a hundred
	Lost      []Place  // entries that an anchor knows and that are gone or different
	Strangers []string // pseudonyms that belong to another account than the one they are given to
}

// Whole reports whether nothing was changed or taken out.
func (r Report) Whole() bool { return len(r.Gaps)+len(r.Lost)+len(r.Strangers) == 0 }

// Anchor is the newest entry of a chain at a moment. Kept outside the database, it shows that entries
// were taken off the end of the chain, or that all of it was made anew.
type Anchor struct {
	At    time.Time `json:"at"`
	Chain int64     `json:"chain"`
	Seq   int64     `json:"seq"`
	Hash  string    `json:"hash"`
}

// Heads returns the newest entry of every chain, and a digest of them all.
func Heads(ctx context.Context, q *store.Queries, at time.Time) (heads []Anchor, digest string, err error) {
	rows, err := q.AuditHeads(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("read ends of the audit: %w", err)
	}
	sum := sha256.New()
	for _, r := range rows {
		heads = append(heads, Anchor{At: at.UTC().Truncate(time.Second), Chain: r.Chain, Seq: r.Seq, Hash: hex.EncodeToString(r.Hash)})
		_, _ = fmt.Fprintf(sum, "%d %d %x\n", r.Chain, r.Seq, r.Hash)
	}
	return heads, hex.EncodeToString(sum.Sum(nil)), nil
}

// Verify reads the whole audit and checks the hash of every entry, and that it has every entry that
// anchors (one JSON object a line, nil for none) know.
func Verify(ctx context.Context, q *store.Queries, anchors io.Reader) (Report, error) {
	var report Report
	var err error
	if report.Entries, err = q.AuditLength(ctx); err != nil {
		return report, fmt.Errorf("verify audit: %w", err)
	}
	gaps, err := q.AuditGaps(ctx)
	if err != nil {
		return report, fmt.Errorf("verify audit: %w", err)
	}
	for _, g := range gaps {
		report.Gaps = append(report.Gaps, Place(g))
	}
	if report.Strangers, err = q.AuditStrangers(ctx); err != nil {
		return report, fmt.Errorf("verify audit: %w", err)
	}
	if report.Forgotten, err = q.AuditForgotten(ctx); err != nil {
		return report, fmt.Errorf("verify audit: %w", err)
	}
	if anchors == nil {
		return report, nil
	}
	lines := bufio.NewScanner(anchors)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var a Anchor
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return report, fmt.Errorf("verify audit: anchor %d: %w", report.Anchors+1, err)
		}
		report.Anchors++
		hash, err := q.AuditEntryHash(ctx, store.AuditEntryHashParams{Chain: a.Chain, Seq: a.Seq})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return report, fmt.Errorf("verify audit: %w", err)
		}
		if hex.EncodeToString(hash) != a.Hash {
			report.Lost = append(report.Lost, Place{a.Chain, a.Seq})
		}
	}
	if err := lines.Err(); err != nil {
		return report, fmt.Errorf("verify audit: read anchors: %w", err)
	}
	return report, nil
}
