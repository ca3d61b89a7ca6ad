package google

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync"

	"noctra/fakes"
)

const (
	mostOrders    = 1000
	mostOrderBody = 1 << 20
)

// order is what a test wants Google to answer where its own rules would not. Without a transaction it
// holds for every row; with a status it refuses the whole request, and a 400 names the row.
type order struct {
	Code          string   `json:"code"`
	TransactionID string   `json:"transaction_id,omitempty"`
	Status        int      `json:"status,omitempty"` // of HTTP
	Kind          string   `json:"kind,omitempty"`   // enumeration of the Google Ads API that has the code
	Rate          *float64 `json:"rate,omitempty"`   // share of the rows or requests, 0 to 1
	Count         int      `json:"count,omitempty"`  // how often; 0: until the list is replaced

	used int
}

var codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,120}$`)

func (o *order) check() error {
	switch {
	case !codeForm.MatchString(o.Code):
		return fmt.Errorf("code: %q is none of Google's", o.Code)
	case o.Status != 0 && (o.Status < 400 || o.Status > 599):
		return fmt.Errorf("status: %d is not between 400 and 599", o.Status)
	case o.Rate != nil && (*o.Rate < 0 || *o.Rate > 1):
		return fmt.Errorf("rate: %v is not between 0 and 1", *o.Rate)
	case o.Count < 0:
		return errors.New("count: it is below 0")
	}
	return nil
}

// outcomes are the orders in force. Like faults they do not outlive the process; what they brought about
// does.
type outcomes struct {
	mu   sync.Mutex
	list []order
}

// ServeHTTP answers POST /_outcomes: it replaces the list.
func (o *outcomes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var list []order
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostOrderBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&list)
	if err == nil && len(list) > mostOrders {
		err = fmt.Errorf("%d orders are more than %d", len(list), mostOrders)
	}
	for i := range list {
		err = errors.Join(err, list[i].check())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	o.list = list
	o.mu.Unlock()
	fakes.WriteJSON(w, map[string]int{"outcomes": len(list)})
}

// find uses the first order for a transaction, of those that refuse a whole request or of the others.
func (o *outcomes) find(id string, whole bool) *order {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.list {
		one := &o.list[i]
		if (one.Status != 0) != whole || one.TransactionID != id && one.TransactionID != "" || one.Count > 0 && one.used >= one.Count {
			continue
		}
		if one.Rate != nil && rand.Float64() >= *one.Rate { //nolint:gosec // chance, no secret
			continue
		}
		one.used++
		found := *one
		return &found
	}
	return nil
}

// forRow is the code that is ordered for a row, with its enumeration; empty for none.
func (o *outcomes) forRow(id, kind string) (of, code string) {
	one := o.find(id, false)
	if one == nil {
		return "", ""
	}
	if one.Kind != "" {
		kind = one.Kind
	}
	return kind, one.Code
}

// forRequest is the order that refuses a request with these transactions, and the row that it names, -1
// for none: a refusal that is no 400 is never about a row.
func (o *outcomes) forRequest(ids []string) (*order, int) {
	for i, id := range ids {
		if one := o.find(id, true); one != nil {
			if one.TransactionID == "" || one.Status != http.StatusBadRequest {
				i = -1
			}
			return one, i
		}
	}
	return nil, -1
}

// namesOf returns the transactions of rows.
func namesOf[T any](rows []T, name func(*T) string) []string {
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = name(&rows[i])
	}
	return names
}

// refuseIngest answers Data Manager's requests as ordered, nil where nothing is.
func (o *outcomes) refuseIngest(request *ingestRequest, requestID string) *apiError {
	one, row := o.forRequest(namesOf(request.Events, func(e *event) string { return e.TransactionID }))
	switch {
	case one == nil:
		return nil
	case row >= 0:
		return badRequest(requestID, []violation{{at("events", row, "transactionId"), "As ordered.", one.Code}})
	}
	return newError(one.Status, "As ordered.", errorInfo(one.Code, domainDataManager), map[string]any{"@type": typeRequestInfo, "requestId": requestID})
}

// refuseAds does the same for the Google Ads API.
func (o *outcomes) refuseAds(u *upload, kind string, ids []string) *apiError {
	one, row := o.forRequest(ids)
	if one == nil {
		return nil
	}
	if one.Kind != "" {
		kind = one.Kind
	}
	only := failure{ErrorCode: map[string]string{kind: one.Code}, Message: "As ordered."}
	if row >= 0 {
		only.Location = &location{[]pathElement{{FieldName: u.field, Index: &row}}}
	}
	return newError(one.Status, "As ordered.", failures(u.version, []failure{only}))
}

// ordered are the outcomes of a request's events, by their number, kept with it.
func (o *outcomes) ordered(request *ingestRequest) map[int]string {
	var all map[int]string
	for i := range request.Events {
		if _, code := o.forRow(request.Events[i].TransactionID, ""); code != "" {
			if all == nil {
				all = map[int]string{}
			}
			all[i] = code
		}
	}
	return all
}
