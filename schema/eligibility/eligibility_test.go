package eligibility

import (
	"strings"
	"testing"
	"time"

	"noctra/schema"
)

var sold = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

func TestTransactionID(t *testing.T) {
	for order, want := range map[string]string{
		"A-100": "o-A-100", " A-100 ": "o-A-100", "100245": "o-100245", "#1001/2": "o-#1001/2", "00491701234567": "o-00491701234567",
		"": "e-ev", "   ": "e-ev", "jane@example.com": "e-ev", "+49 170 1234567": "e-ev", "+491701234567": "e-ev", "Jane Doe": "e-ev", "Bestellung Ä": "e-ev",
		"4111111111111111": "e-ev", "4111-1111-1111-1111": "e-ev", "4111111111111112": "o-4111111111111112", "DE89370400440532013000": "e-ev", "de89-3704-0044-0532-0130-00": "e-ev",
		"DE88370400440532013000": "o-DE88370400440532013000", "a\x00b": "e-ev",
	} {
		if got := TransactionID(order, "ev"); got != want {
			t.Errorf("order %q is %q, want %q", order, got, want)
		}
	}
	long := TransactionID(strings.Repeat("x", 200), "ev")
	if len(long) != 42 || !strings.HasPrefix(long, "o-") || long == TransactionID(strings.Repeat("x", 199), "ev") {
		t.Errorf("a long order is %q", long)
	}
	if got := TransactionID("", "ev@"); strings.Contains(got, "@") || !strings.HasPrefix(got, "e-") {
		t.Errorf("an event id with @ is %q", got)
	}
}

// good is a conversion that passes every gate.
func good() *Facts {
	f := &Facts{Now: sold.Add(time.Hour), Action: &Action{ValueRule: RuleEvent, WindowDays: 90}, Sale: &Sale{At: sold, Amount: 10_000_000, Currency: "EUR",
		OwnUserData: schema.ConsentGranted, ClickKind: "gclid", ClickValue: "click-value-1", ClickedAt: sold.Add(-day)}}
	f.Worth = f.Sale.Worth()
	return f
}

func TestGates(t *testing.T) {
	fixed, euro := int64(5), "EUR"
	ready := Verdict{State: schema.UploadReady}
	for name, test := range map[string]struct {
		change func(*Facts)
		want   Verdict
	}{
		"all open":             {func(*Facts) {}, ready},
		"removed":              {func(f *Facts) { f.Action.Removed, f.Action.Paused = true, true }, held("action_removed")},
		"paused":               {func(f *Facts) { f.Action.Paused, f.Action.WorkspaceHeld = true, true }, held("action_paused")},
		"workspace held":       {func(f *Facts) { f.Action.WorkspaceHeld, f.Sale.Bot = true, true }, held("workspace_held")},
		"bot":                  {func(f *Facts) { f.Sale.Bot, f.Review = true, "declined" }, held("bot")},
		"declined":             {func(f *Facts) { f.Review, f.Sale.OwnUserData = "declined", 2 }, held("declined")},
		"consent denied":       {func(f *Facts) { f.Sale.OwnUserData, f.Sale.ClickData, f.Sale.ClickKind = 2, 1, "" }, held("consent_denied")},
		"consent of the click": {func(f *Facts) { f.Sale.OwnUserData, f.Sale.ClickData = 0, 1 }, ready},
		"denied at the click":  {func(f *Facts) { f.Sale.OwnUserData, f.Sale.ClickData = 0, 2 }, held("consent_denied")},
		"nobody asked":         {func(f *Facts) { f.Sale.OwnUserData = 0 }, waiting("consent_missing", sold.Add(90*day))},
		"nobody ever asked":    {func(f *Facts) { f.Sale.OwnUserData, f.Now = 0, sold.Add(90*day) }, held("too_old")},
		"no click yet":         {func(f *Facts) { f.Sale.ClickKind = "" }, waiting("no_click", sold.Add(8*day))},
		"no click":             {func(f *Facts) { f.Sale.ClickKind, f.Now = "", sold.Add(8*day) }, held("no_click")},
		"by identifiers": {func(f *Facts) {
			f.Sale.ClickKind, f.Action.WithoutClick, f.Action.Enhanced, f.Sale.PhoneHash = "", true, true, "p"
		}, ready},
		"identifiers in a file": {func(f *Facts) {
			f.Sale.ClickKind, f.Action.WithoutClick, f.Action.Enhanced, f.Sale.PhoneHash, f.Action.Transport = "", true, true, "p", "file"
		}, waiting("no_click", sold.Add(8*day))},
		"nobody's identifiers":    {func(f *Facts) { f.Sale.ClickKind, f.Action.WithoutClick, f.Action.Enhanced = "", true, true }, waiting("no_click", sold.Add(8*day))},
		"within the window":       {func(f *Facts) { f.Action.WindowDays, f.Sale.ClickedAt = 30, sold.Add(-30*day) }, ready},
		"outside the window":      {func(f *Facts) { f.Action.WindowDays, f.Sale.ClickedAt = 30, sold.Add(-30*day-time.Second) }, held("too_old")},
		"time of click not known": {func(f *Facts) { f.Sale.ClickedAt = time.Time{} }, ready},
		"sale too old":            {func(f *Facts) { f.Now = sold.Add(90 * day) }, held("too_old")},
		"sale almost too old":     {func(f *Facts) { f.Now = sold.Add(90*day - time.Second) }, ready},
		"gbraid, one a click":     {func(f *Facts) { f.Action.OnePerClick, f.Sale.ClickKind = true, "gbraid" }, held("braid_one_per_click")},
		"wbraid, one a click":     {func(f *Facts) { f.Action.OnePerClick, f.Sale.ClickKind = true, "wbraid" }, held("braid_one_per_click")},
		"gclid, one a click":      {func(f *Facts) { f.Action.OnePerClick = true }, ready},
		"new action":              {func(f *Facts) { f.Action.NotBefore, f.Action.DelayMinutes = sold.Add(6*time.Hour), 120 }, waiting("new_action", sold.Add(6*time.Hour))},
		"delay":                   {func(f *Facts) { f.Action.DelayMinutes = 120 }, waiting("delay", sold.Add(2*time.Hour))},
		"delay is over":           {func(f *Facts) { f.Action.DelayMinutes = 60 }, ready},
		"no currency":             {func(f *Facts) { f.Sale.Currency = "" }, held("no_currency")},
		"fixed needs none": {func(f *Facts) {
			f.Sale.Currency, f.Action.ValueRule, f.Action.FixedValue, f.Action.Currency = "", "fixed", &fixed, &euro
		}, ready},
		"refunded": {func(f *Facts) { f.Worth.Full, f.Action.ValueRule, f.Action.Review = true, RuleNone, true }, held("refunded")},
		"review":   {func(f *Facts) { f.Action.Review = true }, waiting("review", sold.Add(90*day))},
		"approved": {func(f *Facts) { f.Action.Review, f.Review = true, "approved" }, ready},
	} {
		f := good()
		test.change(f)
		got := Judge(f)
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
		if _, known := schema.ReasonOf(got.Reason); !known {
			t.Errorf("%s: reason %q has no words", name, got.Reason)
		}
		if got.State != schema.UploadReady && !OfGate(got.Reason) {
			t.Errorf("%s: %q is no reason of the gates", name, got.Reason)
		}
	}
}

func TestWorth(t *testing.T) {
	back := func(currency string, amounts ...int64) (all []Refund) {
		for i, a := range amounts {
			all = append(all, Refund{ID: int64(i + 1), Amount: a, Currency: currency})
		}
		return all
	}
	for name, test := range map[string]struct {
		amount  int64
		refunds []Refund
		want    Worth
	}{
		"nothing back": {10, nil, Worth{Left: 10, Currency: "EUR"}},
		"a part":       {10_000_001, back("EUR", 3), Worth{Left: 9_999_998, Currency: "EUR", Refund: 1}},
		"several":      {10, back("EUR", 3, 4), Worth{Left: 3, Currency: "EUR", Refund: 2}},
		"all":          {10, back("EUR", 3, 7), Worth{Full: true, Currency: "EUR", Refund: 2}},
		"more":         {10, back("EUR", 12), Worth{Full: true, Over: 2, Currency: "EUR", Refund: 1}},
		"for nothing":  {0, nil, Worth{Currency: "EUR"}},
		"nothing of 0": {0, back("EUR", 0), Worth{Currency: "EUR", Refund: 1}},
		"negative":     {10, back("EUR", -5), Worth{Left: 10, Currency: "EUR", Refund: 1}},
		"foreign":      {10, append(back("USD", 5), back("EUR", 4)...), Worth{Left: 6, Currency: "EUR", Foreign: "USD", Refund: 1}},
		"endless":      {10, back("EUR", 1<<62, 1<<62, 1<<62), Worth{Full: true, Over: 1<<63 - 1 - 10, Currency: "EUR", Refund: 3}},
	} {
		s := &Sale{Amount: test.amount, Currency: "EUR", Refunds: test.refunds}
		if got := s.Worth(); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	over := Worth{Over: 2_500_000, Currency: "EUR", Foreign: "USD"}.Remark()
	if !strings.Contains(over, "2.50 EUR") || !strings.Contains(over, "USD") {
		t.Errorf("remark %q", over)
	}
}
