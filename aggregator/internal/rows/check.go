package rows

import (
	"errors"
	"fmt"

	"noctra/schema"
)

// Unfit says why a message cannot become a row; it goes to the dead letters.
type Unfit struct {
	Code, Field string
	Detail      string // one sentence
}

func (u *Unfit) Error() string { return u.Detail }

// latest is the first moment after what DateTime('UTC') of the table touched can hold, 2106.
const latest = schema.Millis(4_294_967_295_000)

// Decode reads a message into e and checks that ClickHouse can take every value. The error is an
// *Unfit, or a *schema.VersionError where a newer build is needed.
func Decode(data []byte, e *schema.Event) error {
	err := schema.DecodeEvent(data, e)
	var version *schema.VersionError
	switch {
	case errors.As(err, &version):
		return version
	case err != nil:
		return &Unfit{Code: RecordInvalid, Detail: err.Error()}
	}
	return check(e)
}

// RecordInvalid is the code of a message that does not decode.
const RecordInvalid = "record_invalid"

// DecodeCounts reads a record of counts; its errors are as those of Decode.
func DecodeCounts(data []byte) (schema.Counts, error) {
	c, err := schema.DecodeCounts(data)
	var version *schema.VersionError
	switch {
	case errors.As(err, &version):
		return c, version
	case err != nil:
		return c, &Unfit{Code: RecordInvalid, Detail: err.Error()}
	}
	return c, nil
}

// Storable tells whether a moment is within what the tables can hold.
func Storable(at schema.Millis) bool { return at >= 0 && at < latest }

func check(e *schema.Event) error {
	switch {
	case e.Site == 0:
		return unfit("site_missing", "site", "the event names no site")
	case !schema.ValidID(e.ID):
		return unfit("id_invalid", "id", "the event id is empty, too long or has unsafe characters")
	case e.Kind < schema.KindPageview || e.Kind > schema.KindHeldSale:
		return unfit("kind_unknown", "type", fmt.Sprintf("kind %d is none that this version knows", e.Kind))
	case e.Via > schema.ViaCanary:
		return unfit("via_unknown", "via", fmt.Sprintf("via %d is none that this version knows", e.Via))
	case !Storable(e.OccurredAt):
		return unfit("time_out_of_range", "occurred_at", fmt.Sprintf("occurred_at %d is outside of 1970 to 2106", e.OccurredAt))
	case !Storable(e.ReceivedAt):
		return unfit("time_out_of_range", "received_at", fmt.Sprintf("received_at %d is outside of 1970 to 2106", e.ReceivedAt))
	case max(e.ConsentAnalytics, e.ConsentAdUser, e.ConsentAdPerson) > schema.ConsentDenied:
		return unfit("consent_invalid", "consent", "consent is neither granted nor denied")
	}
	return nil
}

func unfit(code, field, detail string) error { return &Unfit{Code: code, Field: field, Detail: detail} }
