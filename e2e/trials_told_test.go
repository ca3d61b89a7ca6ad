package e2e

import (
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// place is where a conversion is, as trials say it.
type place struct{ State, Reason string }

// change is what a trial says of conversions that would be other ones.
type change struct {
	Before, After place
	Differs       []string
	Then          string
	Count         int
	ValuesBefore  map[string]string `json:"values_before"`
	ValuesAfter   map[string]string `json:"values_after"`
}

// standing is a conversion as it is in the tables.
type standing struct {
	place
	Next, Click, Currency string
	Value                 *int64
	Identified, Frozen    bool
	Pending               []string // what Google is going to be told
}

// standings reads all conversions of the site to an action, or to all; the key is sale and action.
func (s *trials) standings(action string) map[string]standing {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), `SELECT c.sale_id || ' ' || c.mapping_id, c.state, c.reason, coalesce(c.next_at::text, ''), concat_ws(' ', c.click_kind, c.click_value, c.clicked_at::text), c.currency, c.value,
			c.email_hash || c.phone_hash <> '', c.frozen_at IS NOT NULL,
			ARRAY(SELECT concat_ws(' ', d.kind, d.value::text, d.currency) FROM adjustments d WHERE d.conversion_id = c.id AND d.state NOT IN ('accepted', 'rejected', 'superseded', 'held') ORDER BY d.number)
		FROM conversions c WHERE c.site_id = $1::text::bigint AND ($2 = '' OR c.action_id = $2)`, s.site, action)
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string]standing{}
	var key string
	var one standing
	_, err = pgx.ForEachRow(rows, []any{&key, &one.State, &one.Reason, &one.Next, &one.Click, &one.Currency, &one.Value, &one.Identified, &one.Frozen, &one.Pending}, func() error {
		all[key] = one
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// holds tries a rule, saves it, and compares what became of the sales with what the trial said.
func (s *trials) holds(what, action, path string, body map[string]any, save func()) {
	s.t.Helper()
	before := s.standings(action)
	asked := map[string]any{"days": 90}
	for name, value := range body {
		asked[name] = value
	}
	var trial struct {
		Cut           bool
		Changes, Sent []change
	}
	s.ask(http.MethodPost, path, asked, &trial)
	save()
	s.decided(s.site)
	got, want := differences(before, s.standings(action)), map[string]change{}
	for _, c := range slices.Concat(trial.Changes, trial.Sent) {
		s.seen[c.Then] = true
		if c.Then == "stays" {
			continue // the tables say nothing of it
		}
		want[c.key()] = c
		if c.Then != "" { // of what was sent only what Google is told is known
			sum := want["then "+c.Then]
			sum.Count += c.Count
			sum.ValuesAfter = added(sum.ValuesAfter, c.ValuesAfter)
			delete(want, c.key())
			if c.Then != "restated" && c.Then != "restated_and_enhanced" {
				sum.ValuesAfter = nil
			}
			want["then "+c.Then] = sum
		}
	}
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" || trial.Cut {
		s.t.Errorf("%s: what the trial said (-), and what was decided (+), cut %v\n%s", what, trial.Cut, diff)
	}
	s.t.Logf("%s:\n\t%s", what, strings.Join(lines(got), "\n\t"))
}

func (c change) key() string {
	return fmt.Sprintf("%s/%s > %s/%s %v", c.Before.State, c.Before.Reason, c.After.State, c.After.Reason, c.Differs)
}

// lines writes them in order.
func lines(all map[string]change) (text []string) {
	for key, c := range all {
		text = append(text, fmt.Sprintf("%s: %d, %v > %v", key, c.Count, added(c.ValuesBefore, nil), added(c.ValuesAfter, nil)))
	}
	slices.Sort(text)
	return text
}

// differences are those of the tables. What stands back for another sale, before or after, is left out.
func differences(before, after map[string]standing) map[string]change {
	all := map[string]change{}
	for key, is := range after {
		was, there := before[key]
		if !there {
			was.State = "none"
		}
		if was.State == "superseded" || is.State == "superseded" {
			continue
		}
		d := change{Before: was.place, After: is.place, Count: 1, ValuesBefore: worth(was.Value, was.Currency), ValuesAfter: worth(is.Value, is.Currency)}
		key := ""
		if was.Frozen {
			key, d.ValuesAfter = newlyTold(was, is)
			d.ValuesBefore = nil
		} else if d.Differs = differing(was, is, there); len(d.Differs) > 0 {
			key = d.key()
		}
		if key == "" {
			continue
		}
		sum := all[key]
		sum.Count, sum.ValuesBefore, sum.ValuesAfter = sum.Count+1, added(sum.ValuesBefore, d.ValuesBefore), added(sum.ValuesAfter, d.ValuesAfter)
		all[key] = sum
	}
	return all
}

func differing(was, is standing, there bool) (in []string) {
	for _, d := range []struct {
		name  string
		other bool
	}{
		{"state", was.place != is.place},
		{"time", was.place == is.place && was.Next != is.Next},
		{"value", there && (was.Currency != is.Currency || !cmp.Equal(was.Value, is.Value))},
		{"click", there && was.Click != is.Click},
		{"identifiers", there && was.Identified != is.Identified},
	} {
		if d.other {
			in = append(in, d.name)
		}
	}
	return in
}

// newlyTold is what Google is told of a conversion that was sent, and was not to be told before.
func newlyTold(was, is standing) (key string, values map[string]string) {
	said := map[string]bool{}
	for _, a := range is.Pending {
		if slices.Contains(was.Pending, a) {
			continue
		}
		kind, rest, _ := strings.Cut(a, " ")
		said[kind] = true
		var micros int64
		var currency string
		if kind == "restatement" {
			if _, err := fmt.Sscan(rest, &micros, &currency); err == nil {
				values = added(values, worth(&micros, currency))
			}
		}
	}
	switch {
	case was.Reason == "consent_denied" && is.State == "ready":
		return "then resumed", nil
	case said["restatement"] && said["enhancement"]:
		return "then restated_and_enhanced", values
	case said["restatement"]:
		return "then restated", values
	case said["enhancement"]:
		return "then enhanced", nil
	}
	return "", nil
}

func worth(micros *int64, currency string) map[string]string {
	if micros == nil {
		return nil
	}
	return map[string]string{currency: big.NewRat(*micros, 1_000_000).FloatString(6)}
}

// added adds sums by currency.
func added(a, b map[string]string) map[string]string {
	if len(a)+len(b) == 0 {
		return nil
	}
	sum := map[string]string{}
	for _, values := range []map[string]string{a, b} {
		for currency, value := range values {
			had, _ := new(big.Rat).SetString("0" + sum[currency])
			more, ok := new(big.Rat).SetString(value)
			if !ok {
				more = big.NewRat(-1_000_000_000, 1) // no sum is like it
			}
			sum[currency] = had.Add(had, more).FloatString(6)
		}
	}
	return sum
}
