package google

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	prefix     = "PROCESSING_ERROR_REASON_"
	freshClick = time.Hour // a click of which Google knows too little yet, where the fake was told its time
)

// settle processes what has waited long enough, in the order in which it came. The caller holds mu.
func (s *Service) settle(now time.Time) {
	for len(s.ledger.waiting) > 0 {
		t := s.ledger.waiting[0]
		if now.Before(t.At.Add(s.config.Processing)) {
			return
		}
		s.ledger.waiting = s.ledger.waiting[1:]
		s.process(t)
	}
}

func (s *Service) process(t *taken) {
	t.outcomes = []outcome{}
	seen := map[string]bool{}
	for k := range t.Destinations {
		d := &t.Destinations[k]
		result := outcome{}
		for i := range t.Events {
			e := &t.Events[i]
			if !e.goesTo(d) {
				continue
			}
			reason := s.processEvent(t, d, i, seen)
			if reason == "" {
				continue
			}
			result[reasonName(reason)]++
			s.ledger.reject(Rejection{At: t.At, RequestID: t.ID, TransactionID: e.TransactionID, Action: d.ProductDestinationID, Reason: reason})
		}
		t.outcomes = append(t.outcomes, result)
	}
}

// processEvent counts an event, or says why it does not count.
func (s *Service) processEvent(t *taken, d *destination, i int, seen map[string]bool) string {
	e := &t.Events[i]
	customer := s.world.customer(d.OperatingAccount.AccountID)
	made := t.transaction(d, i, accepted)
	key := made.key(t.ID, i)
	if seen[key] {
		return "DUPLICATE_TRANSACTION_ID"
	}
	seen[key] = true
	if code := t.Ordered[i]; code != "" {
		return code
	}
	if before := s.ledger.transactions[key]; before != nil {
		return before.overwrite(made, e)
	}
	a := customer.action(d.ProductDestinationID)
	if reason := s.judge(made, a, t.At); reason != "" {
		return reason
	}
	s.ledger.countOnce(key, made, a)
	s.ledger.add(key, made)
	return ""
}

// reasonName is a reason as Google writes it; one of them has a prefix of its own.
func reasonName(reason string) string {
	if strings.HasPrefix(reason, "PROCESSING_ERROR_") {
		return reason
	}
	return prefix + reason
}

// judge finds out whether a new conversion counts.
func (s *Service) judge(made *Transaction, a *action, at time.Time) string {
	kind, value := made.click()
	known, told := s.ledger.clicks[value]
	switch {
	case made.Consent.AdUserData == "CONSENT_DENIED" || made.Consent.AdUserData == "DENIED":
		return "DENIED_CONSENT"
	case value != "" && (!isClick(value) || kind == "GCLID" && lostCapitals(value)):
		return "INVALID_" + kind
	case a.OnePerClick && (kind == "GBRAID" || kind == "WBRAID"):
		return "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
	case at.Sub(made.ConvertedAt) > time.Duration(a.LookbackDays)*24*time.Hour:
		return "EVENT_TOO_OLD"
	case told && known.CustomerID != made.CustomerID && !s.world.below(made.CustomerID, known.CustomerID):
		return "INVALID_OPERATING_ACCOUNT_FOR_CLICK"
	case told && made.ConvertedAt.Before(known.At):
		return "CONVERSION_PRECEDES_CLICK"
	case told && at.Sub(known.At) < freshClick:
		return "TOO_RECENT_CLICK"
	case told && made.ConvertedAt.Sub(known.At) > time.Duration(a.LookbackDays)*24*time.Hour:
		return "EVENT_TOO_OLD"
	case a.OnePerClick && value != "" && s.ledger.perClick[a.ID+" "+value] != "":
		return "DUPLICATE_GCLID"
	}
	return ""
}

// countOnce remembers the first conversion of a click, for actions that count one.
func (l *ledger) countOnce(key string, made *Transaction, a *action) {
	if _, value := made.click(); a.OnePerClick && value != "" {
		l.perClick[a.ID+" "+value] = key
	}
}

// overwrite is what the same transaction of the same action does when it comes again: it replaces
// value and currency, adds identifiers where there were none, and says when it changes nothing.
func (t *Transaction) overwrite(again *Transaction, e *event) string {
	changed := false
	if e.ConversionValue != "" && (t.Value != again.Value || t.Currency != again.Currency) {
		t.Value, t.Currency, changed = again.Value, again.Currency, true
		t.Adjustments++
	}
	if len(t.UserIdentifiers) == 0 && len(again.UserIdentifiers) > 0 {
		t.UserIdentifiers, changed = again.UserIdentifiers, true
	}
	if !changed {
		return "DUPLICATE_TRANSACTION_ID"
	}
	return ""
}

// goesTo says whether an event is for a destination.
func (e *event) goesTo(d *destination) bool {
	return len(e.DestinationReferences) == 0 || slices.Contains(e.DestinationReferences, d.Reference)
}

func (t *taken) transaction(d *destination, i int, state string) *Transaction {
	e := &t.Events[i]
	when, _ := time.Parse(time.RFC3339Nano, e.EventTimestamp) // it was checked
	return &Transaction{
		TransactionID: e.TransactionID, Gclid: e.AdIdentifiers.Gclid, Gbraid: e.AdIdentifiers.Gbraid, Wbraid: e.AdIdentifiers.Wbraid,
		CustomerID: d.OperatingAccount.AccountID, Action: d.ProductDestinationID, ConvertedAt: when.UTC(),
		Value: decimal(e.ConversionValue.String()), Currency: e.Currency, UserIdentifiers: append([]identifier{}, e.UserData.UserIdentifiers...),
		Consent: e.Consent, State: state, RequestID: t.ID,
	}
}

// key is what makes two conversions the same: action and transaction id, or without one the place in
// the request.
func (t *Transaction) key(requestID string, i int) string {
	if t.TransactionID == "" {
		return t.Action + " " + requestID + " " + strconv.Itoa(i)
	}
	return t.Action + " =" + t.TransactionID
}

// click returns the click id and its kind in capitals.
func (t *Transaction) click() (kind, value string) {
	switch {
	case t.Gclid != "":
		return "GCLID", t.Gclid
	case t.Gbraid != "":
		return "GBRAID", t.Gbraid
	case t.Wbraid != "":
		return "WBRAID", t.Wbraid
	}
	return "", ""
}

func isClick(s string) bool {
	if len(s) < 10 || len(s) > 500 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// lostCapitals says whether a gclid is one of Google's that somebody has put into small letters, so that it cannot be
// read any more: they are case-sensitive.
func lostCapitals(gclid string) bool {
	return gclid == strings.ToLower(gclid) && slices.ContainsFunc([]string{"cj0kcq", "cjwkca", "eaiaiqobchmi"}, func(head string) bool {
		return strings.HasPrefix(gclid, head)
	})
}

// requestStatus answers what a request came to: counts by reason, never which events.
func (s *Service) requestStatus(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, problem := s.caller(r, scopeDataManager)
	if problem != nil {
		problem.write(w)
		return
	}
	s.settle(s.now())
	t := s.ledger.requests[r.URL.Query().Get("requestId")]
	if t == nil || t.User != who.user {
		newError(http.StatusNotFound, "Requested entity was not found.", errorInfo("NOT_FOUND", domainDataManager)).write(w)
		return
	}
	var answers []map[string]any
	for i := range t.Destinations {
		answers = append(answers, t.status(i))
	}
	writeJSON(w, http.StatusOK, map[string]any{"requestStatusPerDestination": answers})
}

type errorCount struct {
	RecordCount string `json:"recordCount"` // numbers of 64 bits are strings in Google's JSON
	Reason      string `json:"reason"`
}

func (t *taken) status(k int) map[string]any {
	d := &t.Destinations[k]
	answer := map[string]any{"destination": d, "requestStatus": "PROCESSING"}
	if t.outcomes == nil {
		return answer
	}
	total, failed := 0, 0
	for i := range t.Events {
		if t.Events[i].goesTo(d) {
			total++
		}
	}
	counts := []errorCount{}
	for reason, n := range t.outcomes[k] {
		counts = append(counts, errorCount{strconv.Itoa(n), reason})
		failed += n
	}
	slices.SortFunc(counts, func(a, b errorCount) int { return cmp.Compare(a.Reason, b.Reason) })
	answer["eventsIngestionStatus"] = map[string]string{"recordCount": strconv.Itoa(total)}
	switch failed {
	case 0:
		answer["requestStatus"] = "SUCCESS"
	case total:
		answer["requestStatus"] = "FAILED"
	default:
		answer["requestStatus"] = "PARTIAL_SUCCESS"
	}
	if failed > 0 {
		answer["errorInfo"] = map[string]any{"errorCounts": counts}
	}
	return answer
}
