// Package importcsv is the file of conversions that Google Ads fetches by itself: Google's format for
// conversions of clicks, as its help pages give it. The uploader decides what stands in it (table
// import_files), the admin service serves it; both speak of rows in the form that is here.
//
// Write makes the file anew whenever it is served, from the conversions that still are in its parts: what
// was erased or put on hold meanwhile is not in it. Fetched keeps that it was served to its end; a part
// whose attempt is not offered yet is neither served nor fetched, as its rows are not to be seen yet.
package importcsv

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"noctra/schema"
)

// Head is what a file begins with: the zone of its times, and its columns.
const Head = "Parameters:TimeZone=+0000\r\n" +
	"Google Click ID,GBRAID,WBRAID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,Order ID,Ad User Data,Ad Personalization\r\n"

// ContentType is that of the file.
const ContentType = "text/csv; charset=utf-8"

// Row is a conversion. It has no hashed identifiers: Google's format for clicks has no place for them.
type Row struct {
	ClickKind     string // gclid, gbraid or wbraid
	ClickValue    string
	ActionName    string // exactly as the action is called at Google
	OccurredAt    time.Time
	Value         *schema.Micros // nil: no value
	Currency      string
	TransactionID string
	UserData      schema.Consent
	Personal      schema.Consent
}

// Errors of rows that the format does not hold.
var (
	ErrNoClick = errors.New("a row of the file needs a click")
	ErrName    = errors.New("the name of an action must not be empty, begin with one of = + - @, or have control characters: in a file it would be a formula")
)

// CheckName says whether an action of that name can be named in a file.
func CheckName(name string) error {
	if name == "" || name != strings.TrimSpace(name) || strings.ContainsAny(name[:1], "=+-@") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%q: %w", name, ErrName)
	}
	return nil
}

// Append writes the row after b. The error is ErrNoClick or ErrName, and b is then as it was.
func (r *Row) Append(b []byte) ([]byte, error) {
	clicks := map[string]string{r.ClickKind: r.ClickValue}
	gclid, gbraid, wbraid := clicks["gclid"], clicks["gbraid"], clicks["wbraid"]
	if gclid+gbraid+wbraid == "" || strings.ContainsFunc(r.ClickValue, notOfClick) {
		return b, ErrNoClick
	}
	if err := CheckName(r.ActionName); err != nil {
		return b, err
	}
	value, currency := "", ""
	if r.Value != nil {
		value, currency = r.Value.String(), r.Currency
	}
	for i, field := range []string{
		gclid, gbraid, wbraid, r.ActionName, r.OccurredAt.UTC().Format(time.DateTime), value, currency, r.TransactionID, consent(r.UserData), consent(r.Personal),
	} {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendField(b, field)
	}
	return append(b, "\r\n"...), nil
}

// notOfClick: letters, digits, - and _ alone. Without brackets none of them calls a function in a spreadsheet.
func notOfClick(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
}

func consent(c schema.Consent) string {
	switch c {
	case schema.ConsentGranted:
		return "Granted"
	case schema.ConsentDenied:
		return "Denied"
	default:
		return ""
	}
}

// appendField quotes where a reader of CSV needs it.
func appendField(b []byte, field string) []byte {
	if !strings.ContainsAny(field, "\",\r\n") {
		return append(b, field...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(field, `"`, `""`)...)
	return append(b, '"')
}
