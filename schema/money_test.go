package schema

import (
	"errors"
	"testing"
)

func TestParseMicros(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Micros
		err  error
	}{
		{"19.99", 19_990_000, nil},
		{"0.1", 100_000, nil},
		{"0.000001", 1, nil},
		{"-3", -3_000_000, nil},
		{"+3", 3_000_000, nil},
		{".5", 500_000, nil},
		{"5.", 5_000_000, nil},
		{"1.5e3", 1_500_000_000, nil},
		{"15E-1", 1_500_000, nil},
		{"1.0000000000", 1_000_000, nil},
		{"000012.50", 12_500_000, nil},
		{"9007199254740993.1", 0, ErrOutOfBounds},
		{"9223372036854.775807", 9_223_372_036_854_775_807, nil},
		{"9223372036854.775808", 0, ErrOutOfBounds},
		{"1e30", 0, ErrOutOfBounds},
		{"0e99", 0, nil},
		{"0.0000001", 0, ErrTooPrecise},
		{"1.1234567", 0, ErrTooPrecise},
		{"", 0, ErrNotDecimal},
		{".", 0, ErrNotDecimal},
		{"-", 0, ErrNotDecimal},
		{"1,5", 0, ErrNotDecimal},
		{"1.2.3", 0, ErrNotDecimal},
		{"NaN", 0, ErrNotDecimal},
		{"0x10", 0, ErrNotDecimal},
		{"1e", 0, ErrNotDecimal},
		{"1e999", 0, ErrNotDecimal},
		{" 1", 0, ErrNotDecimal},
		{"١", 0, ErrNotDecimal},
	} {
		got, err := ParseMicros(tc.in)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("ParseMicros(%q) = %d, %v; want %d, %v", tc.in, got, err, tc.want, tc.err)
		}
	}
}

func TestMicrosString(t *testing.T) {
	for in, want := range map[Micros]string{
		0: "0.00", 1: "0.000001", 19_990_000: "19.99", 500_000: "0.50", -3_125_000: "-3.125",
		-9_223_372_036_854_775_808: "-9223372036854.775808",
	} {
		if got := in.String(); got != want {
			t.Errorf("%d: %s, want %s", int64(in), got, want)
		}
	}
}

func FuzzParseMicros(f *testing.F) {
	for _, s := range []string{"19.99", "-1e3", ".5", "1e-6", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMicros(s)
		if err != nil {
			return
		}
		if again, err := ParseMicros(m.String()); err != nil || again != m {
			t.Fatalf("%q: %d, written %s, read %d, %v", s, m, m, again, err)
		}
	})
}

func TestValidCurrency(t *testing.T) {
	for code, want := range map[string]bool{"EUR": true, "USD": true, "ZWG": true, "eur": false, "EU": false, "XXX": false, "D A": false, "": false, "EURO": false} {
		if ValidCurrency(code) != want {
			t.Errorf("ValidCurrency(%q) = %v", code, !want)
		}
	}
}
