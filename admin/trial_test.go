package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/conversions"
)

// trial asks what a body would make of past sales.
func (s *shop) trial(path, body string) (trial conversions.Trial) {
	s.t.Helper()
	decode(s.t, s.ask(s.browser(), "POST", path, body, "Cookie", s.owner.cookie), 200, &trial)
	return trial
}

// told writes changes as text.
func told(changes []conversions.Change) (lines []string) {
	place := func(p conversions.Standing) string { return strings.Trim(p.State+"/"+p.Reason, "/") }
	for _, c := range changes {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s>%s %v %s>%s %s", c.Count, place(c.Before), place(c.After), c.Differs, c.ValuesBefore["EUR"], c.ValuesAfter["EUR"], c.Then)))
	}
	return lines
}

// testTrials tries each rule of an action over sales that are in every place.
func testTrials(t *testing.T, r *rig) {
	s := r.shop("TRIALS")
	now := r.now().UTC().Truncate(time.Second)
	long := now.AddDate(0, 0, -10)
	r.sql(`UPDATE conversion_actions SET since = $2 WHERE site_id = $1::text::bigint`, s.site, now.AddDate(0, 0, -20))
	sale := func(event string, at time.Time, click string) int64 {
		return s.sale(sold{event: event, order: "O-" + event, at: at, click: click, amount: 10_000_000})
	}
	s.convert(sale("open", long, "click-of-trial-open"), 0, "ready", "")
	s.convert(sale("new", now.Add(-10*time.Minute), "click-of-trial-new"), 0, "ready", "")
	s.convert(sale("taken", long, "click-of-trial-taken"), 0, "accepted", "")
	s.convert(sale("refused", long, "click-of-trial-refused"), 0, "rejected", "INVALID_GCLID")
	unclicked := sale("unclicked", long, "")
	r.sql(`UPDATE sales SET email_hash = repeat('a', 64) WHERE id = $1`, unclicked)
	s.convert(unclicked, 0, "held", "no_click")
	s.convert(sale("repeat", long, "click-of-trial-repeat"), 0, "superseded", "order_repeated")
	sale("earlier", now.AddDate(0, 0, -25), "click-of-trial-earlier")
	path := fmt.Sprintf("/api/v1/workspaces/%s/conversion-actions/%d/trial", s.workspace, s.actions[0])
	was := s.everything()
	for name, test := range map[string]struct {
		body             string
		changes, changed []string
	}{
		"nothing":           {`{}`, nil, nil},
		"another value":     {`{"value_rule": "fixed", "fixed_value": "5", "currency": "EUR"}`, []string{"2 ready>ready [value] 20.00>10.00", "1 held/no_click>held/no_click [value] 10.00>5.00"}, []string{"1 accepted>accepted [value] 10.00>5.00 stays", "1 rejected/INVALID_GCLID>rejected/INVALID_GCLID [value] 10.00>5.00 stays"}},
		"a person approves": {`{"review": true}`, []string{"2 ready>waiting/review [state] 20.00>20.00"}, []string{"1 accepted>waiting/review [state] 10.00>10.00 stays", "1 rejected/INVALID_GCLID>waiting/review [state] 10.00>10.00 stays"}},
		"a delay":           {`{"delay_minutes": 60}`, []string{"1 ready>waiting/delay [state] 10.00>10.00"}, nil},
		"without click":     {`{"enhanced": true, "without_click": true}`, []string{"1 held/no_click>ready [state identifiers] 10.00>10.00"}, nil},
		"from earlier on":   {`{"since": "` + now.AddDate(0, 0, -29).Format(time.RFC3339) + `"}`, []string{"1 none>ready [state] >10.00"}, nil},
		"of fewer days":     {`{"review": true, "days": 1}`, []string{"1 ready>waiting/review [state] 10.00>10.00"}, nil},
		"paused":            {`{"paused": true, "days": 1}`, []string{"1 ready>held/action_paused [state] 10.00>10.00"}, nil},
	} {
		trial := s.trial(path, test.body)
		if diff := cmp.Diff(test.changes, told(trial.Changes)) + cmp.Diff(test.changed, told(trial.Sent)); diff != "" || trial.Cut || len(trial.Examples) != int(trial.Changed+trial.AtGoogle) {
			t.Errorf("%s: %s\n%+v", name, diff, trial)
		}
		for _, e := range trial.Examples {
			if strings.Contains(fmt.Sprint(e), "click-of-trial") || e.OrderID != "O-"+e.EventID || (e.ConversionID == "") != (e.EventID == "earlier") {
				t.Errorf("%s: example %+v", name, e)
			}
		}
	}
	s.convert(s.sale(sold{event: "fixed", order: "O-fixed", at: long, click: "click-of-trial-fixed", amount: 3_000_000}), 0, "accepted", "")
	r.sql(`UPDATE sales SET amount = 10000000, decide_at = NULL WHERE site_id = $1::text::bigint AND event_id = 'fixed'`, s.site)
	r.sql(`UPDATE conversion_actions SET value_rule = 'fixed', fixed_value = 3000000, currency = 'EUR' WHERE id = $1`, s.actions[0])
	if got := told(s.trial(path, `{"value_rule": "event"}`).Sent); !strings.Contains(strings.Join(got, ","), "1 accepted>accepted [value] 3.00>10.00 restated") {
		t.Errorf("what Google has follows the sale from then on: %q", got)
	}
	r.sql(`UPDATE conversion_actions SET value_rule = 'event', fixed_value = NULL, currency = NULL WHERE id = $1`, s.actions[0])
	r.sql(`DELETE FROM sales WHERE site_id = $1::text::bigint AND event_id = 'fixed'`, s.site)
	a := s.ask(s.browser(), "POST", path, `{"without_click": true, "value_rule": "fixed"}`, "Cookie", s.owner.cookie)
	if a.status != 422 || !strings.Contains(a.body, "fixed_value") || !strings.Contains(a.body, "set enhanced as well") {
		t.Errorf("what cannot be saved cannot be tried: %d %s", a.status, a.body)
	}
	s.testNewAction(t)
	if diff := cmp.Diff(was, s.everything()); diff != "" {
		t.Errorf("trying changed something: %s", diff)
	}
	r.sql(`UPDATE sales SET email_hash = repeat('b', 64) WHERE site_id = $1::text::bigint AND event_id IN ('taken', 'refused')`, s.site)
	if got, want := told(s.trial(path, `{"enhanced": true}`).Sent), []string{"1 accepted>accepted [identifiers] 10.00>10.00 enhanced", "1 rejected/INVALID_GCLID>rejected/INVALID_GCLID [identifiers] 10.00>10.00 stays"}; !cmp.Equal(want, got) {
		t.Errorf("identifiers are added to what Google took: %q", got)
	}
}

// testNewAction tries an action that is not there.
func (s *shop) testNewAction(t *testing.T) {
	var connection string
	if err := s.pool.QueryRow(t.Context(), `SELECT connection_id::text FROM conversion_actions WHERE id = $1`, s.actions[0]).Scan(&connection); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/api/v1/workspaces/%s/conversion-actions/trial", s.workspace)
	trial := s.trial(path, fmt.Sprintf(`{"site_id": %q, "connection_id": %q, "action_id": "77", "delay_minutes": 60}`, s.site, connection))
	want := []string{"5 none>ready [state] >50.00", "1 none>held/no_click [state] >10.00", "1 none>waiting/delay [state] >10.00"}
	if diff := cmp.Diff(want, told(trial.Changes)); diff != "" || trial.Looked != 7 || trial.AtGoogle != 0 {
		t.Errorf("%s\n%+v", diff, trial)
	}
	a := s.ask(s.browser(), "POST", path, `{"site_id": "0", "connection_id": "0"}`, "Cookie", s.owner.cookie)
	if a.status != 422 || !strings.Contains(a.body, "site_id") || !strings.Contains(a.body, "connection_id") {
		t.Errorf("of nothing: %d %s", a.status, a.body)
	}
}

// everything is what a trial must leave as it is.
func (s *shop) everything() (all string) {
	s.t.Helper()
	err := s.pool.QueryRow(s.t.Context(), `SELECT md5((SELECT string_agg(s::text, ',' ORDER BY id) FROM sales s WHERE site_id = $1::text::bigint) || (SELECT string_agg(c::text, ',' ORDER BY id) FROM conversions c WHERE site_id = $1::text::bigint)
		|| (SELECT string_agg((a.value_rule, a.review, a.paused, a.delay_minutes, a.since)::text, ',' ORDER BY id) FROM conversion_actions a WHERE site_id = $1::text::bigint)) || (SELECT count(*) FROM audit)`, s.site).Scan(&all)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}
