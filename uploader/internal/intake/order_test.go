package intake

import (
	"fmt"
	"testing"
)

// TestReadInOrder: sales have their numbers in the order in which they were stored, however Postgres joins them with
// their sites: of several with one order the first counts.
func TestReadInOrder(t *testing.T) {
	r := open(t)
	r.exec(`INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
SELECT workspace_id, 'nst_' || n, 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM sites, generate_series(1, 300) n`)
	r.exec(`ANALYZE sites`)
	r.exec(`DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET enable_nestloop = off'; END $$`) // as for many at once
	r.postgres.Reset()
	first := r.site
	for k := range 60 {
		r.site = first + int64(k%3)*100
		r.store(0, fact{id: fmt.Sprintf("s%02d", k), kind: "sale", at: at(k * 7 % 60), order: "o", amount: 1})
	}
	r.settleAll()
	r.step(r.intake())
	wrong := 0
	if err := r.postgres.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT event_id < lag(event_id) OVER (ORDER BY id) AS back FROM sales) s WHERE back`).Scan(&wrong); err != nil || wrong != 0 {
		t.Errorf("%d sales are not where they were read, %v", wrong, err)
	}
}

// TestConsentOfNamedClick: a sale that names its click is decided again when the first event of that click comes, also
// where that is later than the sale by its clock.
func TestConsentOfNamedClick(t *testing.T) {
	r := open(t)
	i := r.intake()
	r.store(0, fact{id: "s", kind: "sale", at: at(30), click: "gclid=named", order: "o", amount: 1})
	r.settleAll()
	r.step(i)
	r.exec(`UPDATE sales SET decide_at = NULL`)
	r.store(0, fact{id: "c", kind: "pageview", at: at(31), visitor: 1, click: "gclid=named", consent: 2})
	r.settleAll()
	r.step(i)
	due := false
	if err := r.postgres.QueryRow(t.Context(), `SELECT decide_at IS NOT NULL FROM sales`).Scan(&due); err != nil || !due {
		t.Errorf("it is not decided again, %v", err)
	}
}
