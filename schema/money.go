package schema

import (
	"errors"
	"strconv"
	"strings"
)

// Micros is an amount of money in millionths of its currency's unit: 19.99 is 19,990,000.
type Micros int64

// MicrosPerUnit is one unit of a currency.
const MicrosPerUnit = 1_000_000

// Money is an amount with its currency.
type Money struct {
	Amount   Micros
	Currency string // ISO 4217, upper case
}

// Errors of ParseMicros.
var (
	ErrNotDecimal  = errors.New("not a decimal number")
	ErrTooPrecise  = errors.New("more than six decimals")
	ErrOutOfBounds = errors.New("outside the range of money amounts")
)

// ParseMicros reads a decimal number, such as 19.99, -3, .5 or 1.5e3, without going through
// floats. Digits beyond the sixth decimal are refused unless they are zero. The result is within
// ± 9.2 · 10^12 units.
func ParseMicros(s string) (Micros, error) {
	negative, rest := false, s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	mantissa, exponent, err := splitExponent(rest)
	if err != nil {
		return 0, err
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" {
		return 0, ErrNotDecimal
	}
	value, err := scaleDigits(whole+fraction, exponent+6-len(fraction))
	if err != nil {
		return 0, err
	}
	if negative {
		value = -value
	}
	return Micros(value), nil
}

func splitExponent(s string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	exponent, err = strconv.Atoi(s[i+1:])
	if err != nil || exponent > 99 || exponent < -99 {
		return "", 0, ErrNotDecimal
	}
	return s[:i], exponent, nil
}

// scaleDigits reads digits as an integer times 10^shift, exactly.
func scaleDigits(digits string, shift int) (int64, error) {
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, ErrNotDecimal
		}
	}
	digits = strings.TrimLeft(digits, "0")
	for shift < 0 && digits != "" {
		if digits[len(digits)-1] != '0' {
			return 0, ErrTooPrecise
		}
		digits, shift = digits[:len(digits)-1], shift+1
	}
	if digits == "" {
		return 0, nil
	}
	if len(digits)+shift > 19 {
		return 0, ErrOutOfBounds
	}
	value, err := strconv.ParseInt(digits+strings.Repeat("0", max(shift, 0)), 10, 64)
	if err != nil {
		return 0, ErrOutOfBounds
	}
	return value, nil
}

// String writes the amount as an exact decimal with at least two decimals: 19.99, 0.00, -3.125.
func (m Micros) String() string {
	sign, value := "", uint64(m)
	if m < 0 {
		sign, value = "-", uint64(-(m+1))+1 // also right for the smallest value
	}
	fraction := strconv.FormatUint(MicrosPerUnit+value%MicrosPerUnit, 10)[1:]
	for len(fraction) > 2 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return sign + strconv.FormatUint(value/MicrosPerUnit, 10) + "." + fraction
}

// MaxMicros bounds one event's amount to a thousand million units. Sums in reports are made with
// 128 bits, so no number of events overflows them.
const MaxMicros Micros = 1_000_000_000 * MicrosPerUnit
