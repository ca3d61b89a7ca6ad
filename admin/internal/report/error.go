package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
)

// Kinds of failure that are not the query's wording, for errors.Is. Any other error but *Error and
// the cancelling of the context is a fault of the product.
var (
	// ErrTooExpensive: the query needs more time, memory or rows than the reader's profile allows. It
	// would fail again; a shorter range, a filter or fewer dimensions help. HTTP status 422.
	ErrTooExpensive = errors.New("the query needs more time or memory than one query may use")
	// ErrUnavailable: ClickHouse is away, full or did not answer before the context's deadline. The
	// same query may succeed later. HTTP status 503.
	ErrUnavailable = errors.New("clickhouse does not answer")
)

// Codes of ClickHouse. 241 is said of one query's memory and of the whole server's.
var (
	codesTooExpensive = map[int32]bool{
		158: true, 159: true, 160: true, 161: true, 162: true, 167: true, 168: true, 241: true, 306: true, 307: true, 396: true,
	}
	codesUnavailable = map[int32]bool{
		3: true, 32: true, 60: true, 81: true, 192: true, 193: true, 194: true, 202: true, 203: true, 209: true, 210: true, 236: true, 242: true,
		279: true, 394: true, 425: true, 439: true, 497: true, 516: true, 745: true,
	}
)

// Classify adds ErrTooExpensive or ErrUnavailable to a failure of ClickHouse that others had.
func Classify(err error) error { return classify(err) }

// classify adds ErrTooExpensive or ErrUnavailable to a failure of ClickHouse.
func classify(err error) error {
	var wrong *Error
	var exception *clickhousego.Exception
	switch {
	case err == nil, errors.As(err, &wrong), errors.Is(err, ErrTooExpensive), errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &exception):
		serverFull := exception.Code == 241 && strings.Contains(exception.Message, "(total)")
		switch {
		case serverFull || codesUnavailable[exception.Code]:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		case codesTooExpensive[exception.Code]:
			return fmt.Errorf("%w: %w", ErrTooExpensive, err)
		}
		return err
	}
	var network interface{ Timeout() bool } // what every error of net, and a deadline, has
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Problem is one thing wrong with a query: where it stands in the JSON, such as filters[0][1],
// and a sentence that names the value and the rule.
type Problem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error is a query that cannot be answered as it was asked, with every problem found, in the order
// of the JSON. It is the caller's fault: HTTP status 400.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Message
		if p.Path != "" {
			parts[i] = p.Path + ": " + p.Message
		}
	}
	return "wrong query: " + strings.Join(parts, "; ")
}
