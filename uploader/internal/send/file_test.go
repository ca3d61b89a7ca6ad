package send

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/schema"
	"noctra/uploader/internal/importfile"
	"noctra/uploader/internal/transport"
)

// TestFile: conversions of a connection without an API stand in its file, are received when that was
// fetched, and nobody asks Google anything; refunds are held, as the file cannot say them.
func TestFile(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	var connection int64
	r.scan(&connection, `INSERT INTO google_connections (workspace_id, state, transport, file_user, file_secret_hash) SELECT workspace_id, 'active', 'file', 'u', 'h' FROM sites WHERE id = $1 RETURNING id`, r.site)
	r.make(r.action(connection, "1"), "f", 1, 3)
	file := importfile.New(r.pool, time.Now)
	s := New(r.config, Deps{Postgres: r.pool, Transports: []transport.Transport{file}, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: time.Now})
	r.run(s)
	r.await("3 waiting in_file", states)
	var open bool
	r.scan(&open, `SELECT bool_and(frozen_at IS NULL AND next_at IS NULL AND attempts = 1) FROM conversions`)
	if got := r.lines(`SELECT concat_ws(' ', transport, state, rows::text, coalesce(poll_at::text, 'never')) FROM upload_attempts`); got != "file offered 3 never" || !open {
		t.Errorf("attempts: %s, may change: %v", got, open)
	}
	r.sql(`UPDATE conversions SET state = 'held', reason = 'workspace_held' WHERE transaction_id = 'o-f2'`)
	r.sql(`UPDATE import_files SET fetched_at = now()`)
	if n, err := file.Collect(t.Context()); err != nil || n != 2 {
		t.Errorf("collected %d, %v", n, err)
	}
	r.await("2", `SELECT count(*)::text FROM conversions WHERE frozen_at IS NOT NULL`)
	r.sql(`UPDATE conversions SET state = 'ready', reason = '' WHERE transaction_id = 'o-f2'`) // the hold is over
	r.await("2 received fetched, 1 waiting in_file", states)
	want := "o-f1 1, o-f2 2, o-f3 1"
	if got := r.lines(`SELECT string_agg(concat_ws(' ', c.transaction_id, (SELECT count(*) FROM upload_rows u WHERE u.conversion_id = c.id)::text), ', ' ORDER BY c.id) FROM conversions c`); got != want {
		t.Error(cmp.Diff(want, got))
	}
	ledger, _ := r.ledger()
	if len(ledger.Transactions) != 0 || r.lines(`SELECT count(*)::text FROM google_accesses`) != "0" {
		t.Errorf("google was asked: %+v", ledger.Requests)
	}
	if reason, _ := schema.ReasonOf("in_file"); reason.Class != schema.UploadLater {
		t.Error(reason)
	}
}
