package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"noctra/fakes/google"
	"noctra/schema"
)

// wrong says what is wrong with a shop.
func (w *world) wrong(s *subject, format string, args ...any) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.all = append(w.faults.all, fault{s.number, fmt.Sprintf(format, args...)})
}

// ledger is what Google counts, by action and transaction. None is there twice.
func (w *world) ledger() map[string]*google.Transaction {
	all := w.taken()
	maps.DeleteFunc(all, func(_ string, t *google.Transaction) bool { return t.State == "processing" })
	return all
}

// taken is what Google was sent and has not refused.
func (w *world) taken() map[string]*google.Transaction {
	by := map[string]*google.Transaction{}
	response, err := http.Get(w.google + "/_ledger")
	if err != nil {
		w.Error(err)
		return by
	}
	defer func() { _ = response.Body.Close() }()
	var all google.Ledger
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		w.Error(err)
	}
	for i := range all.Transactions {
		t := &all.Transactions[i]
		key := t.Action + " " + t.TransactionID
		if by[key] != nil {
			w.Errorf("%s is at Google twice", key)
		}
		by[key] = t
	}
	return by
}

// judge compares what Google has with what it must have, may have and must not have.
func (w *world) judge() {
	ledger := w.ledger()
	for _, s := range w.shops {
		for _, a := range s.history.first {
			for key, has := range ledger {
				if e := s.google[key]; strings.HasPrefix(key, a.google+" ") && (e == nil || len(e.sales) == 0) {
					w.wrong(s, "Google has %s, and never could: %s %s", key, has.Value, has.Currency)
				}
			}
		}
		for key, e := range s.google {
			if len(e.sales) > 0 {
				w.judgeEntry(s, key, e, ledger[key])
			}
		}
	}
	w.judgeRecords(ledger)
	w.judgeSums()
}

// judgeEntry compares one transaction.
func (w *world) judgeEntry(s *subject, key string, e *entry, has *google.Transaction) {
	action, _, _ := strings.Cut(key, " ")
	one := e.only(action)
	if has == nil {
		if one != nil && e.open >= len(ending) && !e.odd {
			w.wrong(s, "Google does not have %s, and must", key)
		}
		return
	}
	value := has.Value + " " + has.Currency
	if !e.values[value] && has.State != "retracted" {
		w.wrong(s, "Google has %s with %s, and was told %v", key, value, e.values)
	}
	if has.State == "retracted" && !e.retracted {
		w.wrong(s, "%s was taken back, and never refunded", key)
	}
	if one == nil || e.odd || !s.speaks(one, action) || has.State == "retracted" {
		return
	}
	left, all := s.worth(one)
	switch {
	case (s.kind.ads || all || e.retracted) && s.now.Sub(one.at) > 54*day: // the Google Ads API adjusts nothing that is older, and what it may have taken back stays
	case all && s.kind.retract:
		w.wrong(s, "Google has %s with %s, and it was refunded in full", key, value)
	case !all && e.follows() && value != money(left, one.currency):
		w.wrong(s, "Google has %s with %s, and it is worth %s", key, value, money(left, one.currency))
	}
}

// only is the one sale that a transaction can be of, nil where there are several or the sale may be there as another.
func (e *entry) only(action string) (one *sale) {
	for one = range e.sales {
	}
	if len(e.sales) != 1 || len(one.sentAs[action]) != 1 || one.erased {
		return nil
	}
	return one
}

// follows says whether Google is told what the sale is worth, whichever choice of the action it was sent by.
func (e *entry) follows() bool {
	for a := range e.by {
		if a.rule != "event" {
			return false
		}
	}
	return true
}

// record is a conversion as Postgres has it.
type record struct {
	ID, Site           int64
	Key, State, Reason string
	Frozen, Retracted  bool
	Stuck              bool // it is on its way, though nothing keeps it
	Open               bool // an adjustment may be at Google, which did not say so
	Value              int64
	Currency           string
}

const selectRecords = `SELECT c.id, c.site_id AS site, c.action_id || ' ' || c.transaction_id AS key, c.state, c.reason, c.frozen_at IS NOT NULL AS frozen, c.retracted,
  c.state IN ('sending', 'received') OR c.state IN ('ready', 'unknown') AND m.id IS NOT NULL
    OR c.state = 'accepted' AND m.id IS NOT NULL AND EXISTS (SELECT FROM adjustments j WHERE j.conversion_id = c.id AND j.state NOT IN ('accepted', 'rejected', 'superseded', 'held')
      AND NOT (j.state = 'unknown' AND j.reason = 'CONVERSION_EXPIRED')) AS stuck,
  EXISTS (SELECT FROM adjustments j WHERE j.conversion_id = c.id AND j.frozen_at IS NOT NULL AND j.state NOT IN ('accepted', 'rejected', 'superseded')) AS open,
  coalesce(c.google_value, 0) AS value, coalesce(c.google_currency, '') AS currency
FROM conversions c JOIN workspaces w ON w.id = c.workspace_id
LEFT JOIN conversion_actions m ON m.site_id = c.site_id AND m.action_id = c.action_id AND m.removed_at IS NULL AND NOT m.paused AND w.uploads_held_at IS NULL
ORDER BY c.id`

// judgeRecords compares what Postgres says of each conversion with what Google has.
func (w *world) judgeRecords(ledger map[string]*google.Transaction) {
	rows, err := w.postgres.Query(w.Context(), selectRecords)
	if err != nil {
		w.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		w.Fatal(err)
	}
	bySite := map[int64]*subject{}
	for _, s := range w.shops {
		bySite[s.site] = s
	}
	for _, c := range all {
		s := bySite[c.Site]
		has, e := ledger[c.Key], s.google[c.Key]
		if c.Stuck {
			w.wrong(s, "%s is still %s %s, or an adjustment of it is not at an end", c.Key, c.State, c.Reason)
		}
		if e != nil && e.odd || c.Open {
			continue
		}
		switch {
		case c.State == string(schema.UploadAccepted) && has == nil:
			w.wrong(s, "%s is accepted, and Google does not have it", c.Key)
		case c.State == string(schema.UploadAccepted) && c.Retracted != (has.State == "retracted"):
			w.wrong(s, "%s is %s at Google, and retracted is %t", c.Key, has.State, c.Retracted)
		case c.State == string(schema.UploadAccepted) && !c.Retracted && money(c.Value, c.Currency) != has.Value+" "+has.Currency:
			w.wrong(s, "%s is at Google with %s %s, and by our record with %s", c.Key, has.Value, has.Currency, money(c.Value, c.Currency))
		case !c.Frozen && c.State != string(schema.UploadSuperseded) && has != nil, c.State == string(schema.UploadRejected) && has != nil:
			w.wrong(s, "%s is %s %s, and Google has it", c.Key, c.State, c.Reason)
		}
	}
}
