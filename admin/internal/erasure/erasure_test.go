package erasure

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	visits "noctra/admin/internal/slices"
	"noctra/internal/pseudonym"
)

const (
	janesPhone, janesLaptop, shared, joes = 1001, 1002, 1003, 1004
	janesMail                             = "jane@mail.example"
)

// janes are the events of somebody who is a user, on browsers of her own and one that she shares, and
// of whom a server told as well.
func janes() []fact {
	h := time.Hour
	return []fact{
		{visitor: janesPhone, ago: 40 * h, path: "/jane/before-she-signed-in"}, {visitor: janesPhone, user: "jane", ago: 40*h - time.Minute, path: "/cart"},
		{visitor: janesPhone, user: "jane", order: "O-1", email: janesMail, ago: 39 * h, path: "/thanks"},
		{visitor: janesLaptop, user: "jane", ago: 20 * h, path: "/cart"}, {visitor: janesLaptop, ago: 20*h - time.Minute, path: "/"},
		{visitor: shared, user: "jane", ago: 19 * h, path: "/cart"}, {user: "jane", ago: 18 * h, path: "/api"}, {visitor: janesPhone, user: "jane", ago: 2 * h, path: "/"},
	}
}

// others are everybody else's, some of them in the same days and on the same browser.
func others() (all []fact) {
	h := time.Hour
	for i := range 60 {
		all = append(all, fact{visitor: uint64(1 + i%17), ago: time.Duration(i%3)*24*h + time.Duration(i)*11*time.Minute + time.Hour, path: fmt.Sprintf("/p/%d", i%7)})
	}
	return append(all, fact{visitor: shared, user: "joe", ago: 19*h - time.Minute, path: "/cart"}, fact{visitor: shared, ago: 19*h - 2*time.Minute, path: "/"},
		fact{visitor: joes, user: "joe", order: "O-2", email: "joe@mail.example", ago: 30 * h, path: "/thanks"})
}

// filled is a rig with both sites' events, in raw rows and in visits of days that are over.
func filled(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.insert(r.site, 0, append(others(), janes()...))
	r.insert(r.control, 0, others())
	for _, site := range []visitsSite{{r.site.ID, 71}, {r.control.ID, 63}} {
		if n := r.number(fmt.Sprintf("SELECT count() FROM events WHERE site_id = %d", site.id)); n != site.events {
			t.Fatalf("site %d has %d events", site.id, n)
		}
	}
	days := []visits.DayNumber{visits.DayOf(today, time.UTC) - 2, visits.DayOf(today, time.UTC) - 1}
	if err := visits.MakeAs(t.Context(), r.conn, r.site, days, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := visits.MakeAs(t.Context(), r.conn, r.control, days, time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

type visitsSite struct {
	id     any
	events uint64
}

// gone looks for somebody in every store.
func (r *rig) gone(kept uint64) {
	r.t.Helper()
	keys := pseudonym.KeysOf(identityKey)
	jane, _ := keys.User("jane", nil)
	own := fmt.Sprintf("%d, %d", janesPhone, janesLaptop)
	r.none("events", fmt.Sprintf("user_hash = %d OR visitor_id IN (%s) OR order_id = 'O-1' OR email_hash = '%s' OR path LIKE '/jane%%'", jane, own, pseudonym.Digest(janesMail)))
	r.none("visits", "visitor_id IN ("+own+") OR arrayExists(p -> p LIKE '/jane%', e_page)")
	r.none("rollup", "text LIKE '%jane%'")
	r.none("system.mutations", fmt.Sprintf("database = currentDatabase() AND (command LIKE '%%%d%%' OR command LIKE '%%O-1%%')", jane))
	if all := r.everything(); strings.Contains(all, "jane") || strings.Contains(all, "O-1") || strings.Contains(all, pseudonym.Digest(janesMail)) {
		r.t.Errorf("Postgres knows her:\n%s", all)
	}
	for site, places := range map[any]uint64{r.site.ID: 71, r.control.ID: 63} {
		if n := r.number(fmt.Sprintf(`SELECT uniqExact(place) FROM (SELECT kafka_offset AS place FROM events WHERE site_id = %[1]d
			UNION ALL SELECT seq FROM ingestion WHERE site_id = %[1]d AND source = 'noctra.events-%[1]d')`, site)); n != places {
			r.t.Errorf("site %d has %d places, want %d", site, n, places)
		}
	}
	if n := r.number("SELECT count() FROM events"); n != kept {
		r.t.Errorf("%d events are left, want %d", n, kept)
	}
	if diff := cmp.Diff(r.reports(r.control), r.reports(r.site)); diff != "" {
		r.t.Errorf("reports of the others, -want +got:\n%s", diff)
	}
}

// TestPerson: whatever names somebody, all that is theirs alone goes, and nothing of the others.
func TestPerson(t *testing.T) {
	r := filled(t)
	r.othersAreNotTaken()
	r.ledger()
	before := r.reports(r.site)
	request := Request{Workspace: r.workspace, Subject: &Subject{Kind: Email, Value: "Jane@Mail.example "}, By: 7}
	look, err := Look(t.Context(), r.pool, r.conn, request)
	if err != nil || look[0].Rows != 8 || look[0].Bytes == 0 || look[1].Rows == 0 {
		t.Errorf("a look finds %+v, %v", look, err)
	}
	if cmp.Diff(before, r.reports(r.site)) != "" {
		t.Error("a look changes reports")
	}
	id := r.request(request)
	row, receipt := r.finish(id)
	r.gone(126)
	if receipt.rows("events") != 8 || receipt.rows("visits") == 0 || receipt.KeptOutAt == nil || receipt.HiddenAt == nil || receipt.CheckedAt == nil || len(receipt.Waits) == 0 || len(receipt.Subject) != 2 {
		t.Errorf("receipt %+v", receipt)
	}
	if row.WatchUntil == nil || row.WatchUntil.Sub(*row.DoneAt) != watchFor {
		t.Errorf("watched until %v", row.WatchUntil)
	}
	var clicks, sales []string
	r.scan(`SELECT array_agg(value ORDER BY value) FROM clicks`, &clicks)
	r.scan(`SELECT array_agg(event_id ORDER BY event_id) FROM sales`, &sales)
	if diff := cmp.Diff([][]string{{"click-of-joe"}, {"e-62"}}, [][]string{clicks, sales}); diff != "" {
		t.Errorf("clicks and sales, -want +got:\n%s", diff)
	}
	r.promised(look, receipt)
	for table, n := range map[string]uint64{"sales": 1, "held_sales": 1, "conversions": 1, "adjustments": 1} {
		if receipt.rows(table) != n {
			t.Errorf("the receipt has %d %s, want %d", receipt.rows(table), table, n)
		}
	}
	var entries int
	r.scan(`SELECT count(*) FROM audit WHERE action = 'erasure.done' AND workspace_id = $1`, &entries, r.workspace)
	if entries != 1 {
		t.Errorf("%d entries in the audit", entries)
	}
	var open, ended int
	r.scan(`SELECT count(*) FILTER (WHERE before IS NULL) FROM erasure_blocks`, &open)
	r.scan(`SELECT count(*) FILTER (WHERE kind = 'user') FROM erasure_blocks WHERE before IS NOT NULL`, &ended)
	if open != 0 || ended == 0 {
		t.Errorf("%d are kept out for ever, %d users for what was before", open, ended)
	}
	r.lateEvent(id)
}

// ledger fills in what the uploader has read: a click and a sale of each, and hers by event alone.
func (r *rig) ledger() {
	r.t.Helper()
	r.sql(`INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
			consent_analytics, consent_user_data, consent_personal)
		SELECT $1, 'gclid', v.value, v.visitor, 0, v.event, now(), '', '', '', '', '', '', '', '', false, 0, 0, 0
		FROM (VALUES ('click-of-jane', $2::bigint, 'e-0'), ('click-of-joe', $3, 'e-1')) AS v (value, visitor, event)`, int64(r.site.ID), janesLaptop, joes)
	r.sql(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
			email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
		SELECT $1, $2, v.event, v.order_id, now(), 1, 'EUR', 0, 0, '', 1, '{}', '{}', '{}', v.email, '', 0, 0, 0
		FROM (VALUES ('e-65', 'O-1', $3), ('e-62', 'O-2', '')) AS v (event, order_id, email)`, r.workspace, int64(r.site.ID), pseudonym.Digest(janesMail))
	r.sql(`INSERT INTO held_sales (site_id, order_id, event_id, occurred_at, visitor_id, user_hash, country, bot_reasons, click_kinds, click_values, consent_analytics, consent_user_data, consent_personal)
		VALUES ($1, 'O-1', 'held:e-65', now(), $2, 0, '', '{}', '{gclid}', '{click-of-jane}', 0, 0, 0)`, int64(r.site.ID), janesLaptop)
	r.sql(`WITH g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) VALUES ($1, 'active', 'data_manager', 'x') RETURNING id),
		m AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT $1, $2, id, '1', 'a', now() FROM g RETURNING id),
		c AS (INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, email_hash, state)
			SELECT $1, $2, s.id, m.id, '1', 'o-' || order_id, now(), email_hash, 'ready' FROM sales s, m RETURNING id, mapping_id)
		INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state, reason) SELECT id, mapping_id, 1, 'retraction', now(), 'held', 'cannot_retract' FROM c`, r.workspace, int64(r.site.ID))
}

// promised compares what a look found in Postgres with what the receipt has of it. Marks are made by what deletes.
func (r *rig) promised(look []Found, receipt Receipt) {
	r.t.Helper()
	of := func(all []Found) map[string]uint64 {
		rows := map[string]uint64{}
		for _, f := range all {
			if f.Store == "postgres" && f.Table != "sale_marks" && f.Rows > 0 {
				rows[f.Table] += f.Rows
			}
			if f.More {
				r.t.Errorf("%s is not counted to its end", f.Table)
			}
		}
		return rows
	}
	if diff := cmp.Diff(of(receipt.Found), of(look)); diff != "" || len(of(look)) == 0 {
		r.t.Errorf("a look finds in Postgres, -receipt +look:\n%s", diff)
	}
}

// rows is what a table had.
func (r Receipt) rows(table string) (n uint64) {
	for _, f := range r.Found {
		if f.Table == table {
			n += f.Rows
		}
	}
	return n
}

// lateEvent comes in after the end, from a machine that was cut off: it is found and erased as well. A
// month later nobody is looked for any more.
func (r *rig) lateEvent(id int64) {
	r.t.Helper()
	r.insert(r.site, 71, []fact{{visitor: janesPhone, user: "jane", ago: 39 * time.Hour, path: "/late"}})
	r.exec("ALTER TABLE events UPDATE inserted_at = now64(3) WHERE path = '/late' SETTINGS mutations_sync = 2")
	r.later(watchFirst + time.Second)
	if worked, err := r.runner().Once(r.t.Context()); err != nil || !worked {
		r.t.Fatalf("nothing is looked at again: %v", err)
	}
	_, receipt := r.finish(id)
	if len(receipt.Later) != 1 || receipt.Later[0].Rows != 1 {
		r.t.Errorf("receipt %+v", receipt)
	}
	r.none("events", "path = '/late'")
	if diff := cmp.Diff(r.reports(r.control), r.reports(r.site)); diff != "" {
		r.t.Errorf("reports of the others, -want +got:\n%s", diff)
	}
	r.later(watchFor + time.Hour)
	if _, err := r.runner().Once(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	var blocks int
	r.scan(`SELECT count(*) FROM erasure_blocks`, &blocks)
	if row, _ := r.read(id); blocks != 0 || row.WatchUntil != nil || row.State != done {
		r.t.Errorf("%d people are still kept out, erasure %+v", blocks, row)
	}
}

// TestKilled: the service ends before and after each statement that changes something; the next one
// goes on, and the end is the same.
func TestKilled(t *testing.T) {
	r := filled(t)
	id := r.request(Request{Workspace: r.workspace, Site: int64(r.site.ID), Subject: &Subject{Kind: UserID, Value: "jane"}})
	kills := 0
	for statement := 1; ; statement++ {
		if row, _ := r.read(id); row.DoneAt != nil {
			break
		}
		if statement > 60 {
			t.Fatal("erasure is not done")
		}
		ctx, kill := context.WithCancel(t.Context())
		r.mu.Lock()
		r.left, r.kill = 1+statement/2, kill
		r.mu.Unlock()
		runner := r.runner()
		for range 20 { // of its steps, unless it is killed before
			if _, err := runner.Once(ctx); err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			if ctx.Err() != nil {
				kills++
				break
			}
			r.later(50 * time.Millisecond)
		}
		kill()
		r.later(lease + time.Second)
	}
	if kills < 5 {
		t.Errorf("killed %d times", kills)
	}
	_, receipt := r.read(id)
	if events := receipt.rows("events"); events != 8 {
		t.Errorf("%d events were found: %+v", events, receipt.Found)
	}
	r.mu.Lock()
	r.left = -1
	r.mu.Unlock()
	r.gone(126)
}

// othersAreNotTaken: a visitor is a browser, an order a person whose user is known, and two people on
// one browser are two.
func (r *rig) othersAreNotTaken() {
	r.t.Helper()
	for _, c := range []struct {
		subject Subject
		rows    uint64
	}{
		{Subject{OrderID, "O-1"}, 8}, {Subject{UserID, "jane"}, 8}, {Subject{UserID, "joe"}, 2}, {Subject{OrderID, "O-2"}, 2},
		{Subject{VisitorID, "nobody"}, 0}, {Subject{OrderID, "O-3"}, 0},
	} {
		look, err := Look(r.t.Context(), r.pool, r.conn, Request{Workspace: r.workspace, Site: int64(r.site.ID), Subject: &c.subject})
		if err != nil || look[0].Rows != c.rows {
			r.t.Errorf("%v finds %+v, %v, want %d events", c.subject, look, err, c.rows)
		}
	}
}
