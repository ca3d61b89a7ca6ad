package importcsv

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"noctra/schema"
)

func micros(m schema.Micros) *schema.Micros { return &m }

func sale() Row {
	return Row{ClickKind: "gclid", ClickValue: "Cj0KCQ-abc_1", ActionName: "Sale", OccurredAt: time.Date(2026, 10, 25, 2, 30, 0, 0, time.FixedZone("", 7200)), Value: micros(19_990_000), Currency: "EUR",
		TransactionID: "o-17", UserData: schema.ConsentGranted, Personal: schema.ConsentDenied}
}

// TestRows: each kind of click, currencies of any decimals, and what a reader of CSV or a spreadsheet
// would take for something else.
func TestRows(t *testing.T) {
	for want, change := range map[string]func(*Row){
		"Cj0KCQ-abc_1,,,Sale,2026-10-25 00:30:00,19.99,EUR,o-17,Granted,Denied":                             func(*Row) {},
		",Cj0KCQ-abc_1,,Sale,2026-10-25 00:30:00,2000.00,JPY,o-17,Granted,Denied":                           func(r *Row) { r.ClickKind, r.Value, r.Currency = "gbraid", micros(2_000_000_000), "JPY" },
		",,Cj0KCQ-abc_1,Sale,2026-10-25 00:30:00,1.234,KWD,o-17,Granted,Denied":                             func(r *Row) { r.ClickKind, r.Value, r.Currency = "wbraid", micros(1_234_000), "KWD" },
		"Cj0KCQ-abc_1,,,Sale,2026-10-25 00:30:00,,,o-17,,":                                                  func(r *Row) { r.Value, r.UserData, r.Personal = nil, schema.ConsentUnset, schema.ConsentUnset },
		"Cj0KCQ-abc_1,,,Sale,2026-10-25 01:30:00,0.00,EUR,o-17,Granted,Denied":                              func(r *Row) { r.Value, r.OccurredAt = micros(0), r.OccurredAt.Add(time.Hour) },
		`Cj0KCQ-abc_1,,,"Sale, ""big""",2026-10-25 00:30:00,19.99,EUR,"o-1,7` + "\n" + `=1",Granted,Denied`: func(r *Row) { r.ActionName, r.TransactionID = `Sale, "big"`, "o-1,7\n=1" },
	} {
		row := sale()
		change(&row)
		got, err := row.Append([]byte("before\r\n"))
		if err != nil || string(got) != "before\r\n"+want+"\r\n" {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		read, err := csv.NewReader(strings.NewReader(want)).Read()
		if err != nil || len(read) != strings.Count(strings.Split(Head, "\r\n")[1], ",")+1 || read[7] != row.TransactionID || read[3] != row.ActionName {
			t.Errorf("read back: %q, %v", read, err)
		}
	}
}

func TestRefusedRows(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Row)
		want   error
	}{
		"no click":       {func(r *Row) { r.ClickKind, r.ClickValue = "", "" }, ErrNoClick},
		"another click":  {func(r *Row) { r.ClickKind = "msclkid" }, ErrNoClick},
		"a strange one":  {func(r *Row) { r.ClickValue = "=cmd|' /C calc'!A0" }, ErrNoClick},
		"formula":        {func(r *Row) { r.ActionName = "=HYPERLINK(1)" }, ErrName},
		"at":             {func(r *Row) { r.ActionName = "@SUM(1)" }, ErrName},
		"no name":        {func(r *Row) { r.ActionName = "" }, ErrName},
		"space":          {func(r *Row) { r.ActionName = " =1" }, ErrName},
		"a line of more": {func(r *Row) { r.ActionName = "Sale\r\n=1" }, ErrName},
	} {
		row := sale()
		c.change(&row)
		if got, err := row.Append([]byte("x")); !errors.Is(err, c.want) || string(got) != "x" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
