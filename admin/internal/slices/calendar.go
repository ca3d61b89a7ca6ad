package slices

import "time"

const (
	minuteMillis = 60 * 1000
	hourMillis   = 60 * minuteMillis
	dayMillis    = 24 * hourMillis
)

// DayNumber is a local day, counted from 1970-01-01.
type DayNumber int

// DayOf returns the local day of t in loc.
func DayOf(t time.Time, loc *time.Location) DayNumber {
	y, m, d := t.In(loc).Date()
	return DateNumber(y, m, d)
}

// DateNumber returns the number of a date.
func DateNumber(y int, m time.Month, d int) DayNumber {
	return DayNumber(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Date returns midnight UTC of the date that n counts.
func (n DayNumber) Date() time.Time { return time.Unix(int64(n)*86400, 0).UTC() }

// String writes the date as YYYY-MM-DD.
func (n DayNumber) String() string { return n.Date().Format(time.DateOnly) }

// Span returns the moments that belong to the day in loc: 23 to 25 hours, from the first moment of
// its date to the first moment of a later date.
func (n DayNumber) Span(loc *time.Location) Span {
	return Span{From: firstMoment(n, loc), To: firstMoment(n+1, loc)}
}

// firstMoment finds the first moment whose date in loc is not before n. Clocks may be changed at
// midnight, so that a day begins at one o'clock, or the evening before happens twice.
func firstMoment(n DayNumber, loc *time.Location) int64 {
	y, m, d := n.Date().Date()
	guess := time.Date(y, m, d, 0, 0, 0, 0, loc)
	if at := guess.Add(-time.Millisecond); DayOf(guess, loc) == n && DayOf(at, loc) < n {
		return guess.UnixMilli()
	}
	low, high := guess.Add(-26*time.Hour).UnixMilli()/1000, guess.Add(26*time.Hour).UnixMilli()/1000
	for low+1 < high { // the date at low is before n, at high it is not
		if middle := (low + high) / 2; DayOf(time.Unix(middle, 0), loc) < n {
			low = middle
		} else {
			high = middle
		}
	}
	return high * 1000
}
