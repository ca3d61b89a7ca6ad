package google

import (
	"net/http"
	"time"

	"noctra/fakes"
	"noctra/schema"
)

// States of a transaction.
const (
	processing = "processing"
	accepted   = "accepted"
	retracted  = "retracted"
)

// Transaction is a conversion as Google counts it now.
type Transaction struct {
	TransactionID   string       `json:"transaction_id,omitempty"`
	Gclid           string       `json:"gclid,omitempty"`
	Gbraid          string       `json:"gbraid,omitempty"`
	Wbraid          string       `json:"wbraid,omitempty"`
	CustomerID      string       `json:"customer_id"`
	Action          string       `json:"action"` // number of the conversion action
	ConvertedAt     time.Time    `json:"converted_at"`
	Value           string       `json:"value"` // a decimal, after adjustments
	Currency        string       `json:"currency,omitempty"`
	UserIdentifiers []identifier `json:"user_identifiers"`
	Consent         consent      `json:"consent"`
	State           string       `json:"state"`
	Adjustments     int          `json:"adjustments"` // how often it was restated or retracted
	RequestID       string       `json:"request_id"`  // that made it

	restated time.Time // of the last adjustment
	enhanced bool
}

// identifier is a hashed e-mail address or phone number.
type identifier struct {
	EmailAddress string `json:"emailAddress,omitempty"`
	PhoneNumber  string `json:"phoneNumber,omitempty"`
}

type consent struct {
	AdUserData        string `json:"adUserData,omitempty"`
	AdPersonalization string `json:"adPersonalization,omitempty"`
}

// Rejection is a conversion or adjustment that Google took in and did not count, or refused by itself.
type Rejection struct {
	At            time.Time `json:"at"`
	RequestID     string    `json:"request_id"`
	TransactionID string    `json:"transaction_id,omitempty"`
	Action        string    `json:"action,omitempty"`
	Reason        string    `json:"reason"`
}

// Logged is a request as the ledger shows it.
type Logged struct {
	At        time.Time `json:"at"`
	Path      string    `json:"path"`
	User      string    `json:"user,omitempty"`
	Status    int       `json:"status"`
	RequestID string    `json:"request_id,omitempty"`
	Rows      int       `json:"rows"`
	Dry       bool      `json:"validate_only,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// click is what the fake was told about a click.
type click struct {
	Value      string    `json:"value"` // gclid, gbraid or wbraid
	CustomerID string    `json:"customer_id"`
	At         time.Time `json:"at"`
}

// entry is a line of the journal: exactly one of its parts is there.
type entry struct {
	At      time.Time `json:"at"`
	Grant   *grant    `json:"grant,omitempty"`
	Revoked string    `json:"revoked,omitempty"`
	Clicks  []click   `json:"clicks,omitempty"`
	Ingest  *taken    `json:"ingest,omitempty"`
	Ads     *adsTaken `json:"ads,omitempty"`
	Log     *Logged   `json:"log,omitempty"` // besides, of the request
}

// ledger is what was sent and what it came to.
type ledger struct {
	transactions map[string]*Transaction // by key
	order        []*Transaction
	perClick     map[string]string // key of the first, by action and click
	clicks       map[string]click
	requests     map[string]*taken
	waiting      []*taken // in the order in which they came
	rejections   []Rejection
	log          []Logged
}

func newLedger() ledger {
	return ledger{transactions: map[string]*Transaction{}, perClick: map[string]string{}, clicks: map[string]click{}, requests: map[string]*taken{}}
}

// apply is what an entry changes, now or when the journal is read again.
func (s *Service) apply(e *entry) {
	switch {
	case e.Grant != nil:
		s.grants.byName[e.Grant.Refresh] = *e.Grant
	case e.Revoked != "":
		s.grants.end(e.Revoked)
	case e.Ingest != nil:
		s.ledger.requests[e.Ingest.ID] = e.Ingest
		s.ledger.waiting = append(s.ledger.waiting, e.Ingest)
	case e.Ads != nil:
		s.settle(e.At)
		s.ledger.applyAds(e.Ads)
	}
	for _, c := range e.Clicks {
		s.ledger.clicks[c.Value] = c
	}
	if e.Log != nil {
		s.ledger.log = append(s.ledger.log, *e.Log)
	}
}

// add puts a transaction in, under its key.
func (l *ledger) add(key string, t *Transaction) {
	l.transactions[key] = t
	l.order = append(l.order, t)
}

func (l *ledger) reject(r Rejection) { l.rejections = append(l.rejections, r) }

// decimal writes a number of JSON the shortest way.
func decimal(number string) string {
	if number == "" {
		return "0"
	}
	micros, err := schema.ParseMicros(number)
	if err != nil {
		return number
	}
	return micros.String()
}

// Totals sum the ledger.
type Totals struct {
	Transactions int `json:"transactions"` // accepted ones
	Processing   int `json:"processing"`
	Retracted    int `json:"retracted"`
	Adjustments  int `json:"adjustments"`
	Rejected     int `json:"rejected"`
	Requests     int `json:"requests"`
	Refused      int `json:"refused"` // requests
	Grants       int `json:"grants"`  // in force
}

// Ledger is the answer of GET /_ledger.
type Ledger struct {
	Transactions []Transaction `json:"transactions"`
	Rejected     []Rejection   `json:"rejected"`
	Requests     []Logged      `json:"requests"`
	Totals       Totals        `json:"totals"`
}

func (s *Service) showLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.settle(s.now())
	answer := s.ledger.show()
	answer.Totals.Grants = len(s.grants.byName)
	s.mu.Unlock()
	fakes.WriteJSON(w, answer)
}

func (l *ledger) show() Ledger {
	answer := Ledger{Transactions: []Transaction{}, Rejected: append([]Rejection{}, l.rejections...), Requests: append([]Logged{}, l.log...)}
	for _, t := range l.order {
		answer.Transactions = append(answer.Transactions, *t)
		answer.Totals.Adjustments += t.Adjustments
		switch t.State {
		case accepted:
			answer.Totals.Transactions++
		case retracted:
			answer.Totals.Retracted++
		}
	}
	l.showWaiting(&answer)
	answer.Totals.Rejected = len(l.rejections)
	for _, one := range l.log {
		answer.Totals.Requests++
		if one.Status >= http.StatusBadRequest {
			answer.Totals.Refused++
		}
	}
	return answer
}

// showWaiting puts what is not final yet at the end, each transaction once.
func (l *ledger) showWaiting(answer *Ledger) {
	seen := map[string]bool{}
	for _, request := range l.waiting {
		for k := range request.Destinations {
			for i := range request.Events {
				if !request.Events[i].goesTo(&request.Destinations[k]) {
					continue
				}
				one := request.transaction(&request.Destinations[k], i, processing)
				key := one.key(request.ID, i)
				if l.transactions[key] == nil && !seen[key] {
					answer.Transactions = append(answer.Transactions, *one)
				}
				seen[key] = true
				answer.Totals.Processing++
			}
		}
	}
}
