// Package transport has what ways to Google have in common: what is sent, what comes back, and what an
// answer asks for. The ways themselves are packages of their own: datamanager, googleads, importfile.
package transport

import (
	"context"
	"time"

	"noctra/schema"
)

// Kind is what a row asks Google to do.
type Kind string

// Kinds. A request has rows of one kind.
const (
	Conversion  Kind = "conversion"
	Restatement Kind = "restatement"
	Retraction  Kind = "retraction"
	Enhancement Kind = "enhancement"
)

// Destination is an action of an account of Google Ads.
type Destination struct {
	ConnectionID    int64
	CustomerID      string // ten digits
	LoginCustomerID string // of the manager account, or empty
	ActionID        string // digits
}

// Row is a conversion or adjustment as it is sent.
type Row struct {
	ConversionID  int64
	AdjustmentID  int64 // 0 for the conversion itself
	TransactionID string
	OccurredAt    time.Time
	AdjustedAt    time.Time     // of an adjustment
	HasValue      bool          // false: no value is sent
	Value         schema.Micros // of an adjustment, what the conversion is worth afterwards
	Currency      string        // ISO 4217, with a value
	ClickKind     string        // gclid, gbraid, wbraid, or empty
	ClickValue    string
	EmailHash     string // SHA-256 in lower-case hex, or empty
	PhoneHash     string
	UserData      schema.Consent // for ads: whether data of the person may be sent
	Personal      schema.Consent // whether it may be used for personal ads
}

// Request is what one call sends.
type Request struct {
	To           Destination
	Kind         Kind
	Rows         []Row
	ValidateOnly bool // checked by Google, and not taken
	AttemptID    int64
}

// Answer is what a call came to as a whole, and for each row.
type Answer struct {
	Status     int           // of HTTP, 0 where there was none
	RequestID  string        // under which Google can be asked again
	Code       string        // of the whole request, as Google writes it; empty where it was taken
	Message    string        // Google's, without personal data
	RetryAfter time.Duration // what Google asked for (Retry-After), 0 for nothing
	Lost       bool          // nobody knows whether Google took it
	Final      bool          // rows have their outcome; otherwise Status has to be asked
	Offered    bool          // rows stand in a file that Google fetches by itself: they wait (schema.ReasonInFile), nothing is asked
	Rows       []Outcome     // as many as there were rows; nil: all as Code says
}

// Outcome is what became of a row. Code is Google's, empty for taken; schema.ReasonNarrowing for a row
// that was not taken because others of its request were at fault: it is sent again without them.
type Outcome struct {
	Code    string
	Message string
}

// Status is what became of a request that was taken.
type Status struct {
	Final  bool
	Rows   int            // as Google counted
	Counts map[string]int // failed rows by Google's code, without a prefix
}

// Access gives the token for a connection. Its errors wrap *Refused where a person has to do something.
type Access interface {
	Token(ctx context.Context, connection int64) (string, error)
	// Drop says that Google did not take a token that was given: the next one is another.
	Drop(ctx context.Context, connection int64, token string) error
}

// Refused says that Google does not let the connection in.
type Refused struct{ Code, Message string }

// Error implements error.
func (r *Refused) Error() string {
	return "google refuses the connection: " + r.Code + ": " + r.Message
}

// Transport is a way to Google. It is safe for several goroutines.
type Transport interface {
	// Name is as in Postgres: data_manager, google_ads, file.
	Name() string
	// Most is how many rows a request of that kind has at most; 0: it cannot do that.
	Most(kind Kind) int
	// Send makes one call. Errors are those of the product (a request that cannot be built, a token that
	// cannot be had); whatever Google says, or does not say, is an Answer.
	Send(ctx context.Context, r *Request) (Answer, error)
	// Ask asks for the status of a request that was taken.
	Ask(ctx context.Context, to Destination, requestID string) (Status, error)
	// Payload is a row as it would be sent, as JSON, with identifiers masked.
	Payload(r *Request, row int) ([]byte, error)
}
