package send

import (
	"strings"
	"testing"
)

const adjusted = `SELECT string_agg(concat_ws(' ', state, nullif(reason, '')), ', ' ORDER BY id) FROM adjustments`

func (r *rig) retract() {
	r.Helper()
	r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state, reason) SELECT id, mapping_id, 1, 'retraction', now(), 'waiting', 'conversion_not_final' FROM conversions WHERE value = 1000000`)
}

// TestRetract: what is sent by Data Manager is taken back by the Google Ads API where the account may use
// it; where it may not after all, the retraction is held and nothing else stops.
func TestRetract(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	shop := r.connection
	ads := r.connect("agency@noctra.example", "2000000006")
	r.sql(`UPDATE google_connections SET abilities = '{"retraction": {"can": true}}'`)
	r.make(r.action(ads, "900000061"), "a-", 1, 2)
	r.retract()
	stop := r.run(r.sender())
	r.await("accepted", adjusted)
	r.await("2 accepted", states)
	if _, ledger := r.ledger(); !strings.Contains(strings.Join(ledger, "\n"), "o-a-1 1.00 EUR retracted") {
		t.Errorf("ledger %q", ledger)
	}
	if got := r.lines(`SELECT DISTINCT transport FROM upload_attempts WHERE kind = 'retraction'`); got != "google_ads" {
		t.Errorf("taken back by %q", got)
	}
	stop()
	r.sql(`DELETE FROM sales`)
	r.make(r.action(shop, shopAction), "b-", 1, 2)
	r.retract()
	r.run(r.sender())
	r.await("held cannot_retract", adjusted)
	r.await("2 accepted", states)
	if got := r.lines(`SELECT concat_ws(' ', state, problem, paused_until, abilities -> 'retraction' ->> 'can') FROM google_connections WHERE id = $1`, shop); got != "active false" {
		t.Errorf("connection %q", got)
	}
}

// TestChosenAgain: what is left of an action that was removed goes when the action is chosen again, by
// whichever connection, and not before.
func TestChosenAgain(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	old := r.action(r.connection, shopAction)
	r.make(old, "a-", 1, 3)
	r.sql(`UPDATE conversions SET frozen_at = now(), attempts = 1, reason = 'answer_lost'`)
	r.sql(`UPDATE conversion_actions SET removed_at = now()`)
	r.sql(`UPDATE google_connections SET state = 'disconnected', disconnected_at = now(), refresh_token = NULL`)
	s := r.sender()
	if found, err := s.groups(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("groups of a removed action %v, %v", found, err)
	}
	r.action(r.connect(shopPerson, shopCustomer), shopAction)
	r.run(s)
	r.await("3 accepted", states)
	r.equal("chosen again")
}

// TestHeldMeanwhile: who says stop is heard by who has read the queue already.
func TestHeldMeanwhile(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.make(r.action(r.connection, shopAction), "a-", 1, 3)
	s := r.sender()
	found, err := s.groups(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatalf("groups %v, %v", found, err)
	}
	for change, back := range map[string]string{
		`UPDATE workspaces SET uploads_held_at = now()`:                   `UPDATE workspaces SET uploads_held_at = NULL`,
		`UPDATE conversion_actions SET paused = true`:                     `UPDATE conversion_actions SET paused = false`,
		`UPDATE google_connections SET customer_id = '2000000006'`:        `UPDATE google_connections SET customer_id = '` + shopCustomer + `'`,
		`UPDATE google_connections SET transport = 'google_ads'`:          `UPDATE google_connections SET transport = 'data_manager'`,
		`UPDATE google_connections SET paused_until = now() + '1 minute'`: `UPDATE google_connections SET paused_until = NULL`,
	} {
		r.sql(change)
		if c, err := s.claim(t.Context(), found[0]); err != nil || c != nil {
			t.Errorf("%s: claimed %+v, %v", change, c, err)
		}
		r.sql(back)
	}
	if c, err := s.claim(t.Context(), found[0]); err != nil || c == nil || len(c.marks) != 3 {
		t.Errorf("claim %+v, %v", c, err)
	}
}
