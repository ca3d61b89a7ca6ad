package redact

import "strings"

// phoneWords name parameters that hold a phone number, phoneSegments path
// segments that stand before one.
var (
	phoneWords    = [...]string{"phone", "tel", "telephone", "mobile", "cell", "msisdn", "phone_number", "phonenumber", "phone-number", "whatsapp", "fax"}
	phoneSegments = [...]string{"phone", "tel", "telephone", "call", "msisdn", "whatsapp"}
)

func phoneName(name string) bool { return among(name, phoneWords[:]) }

// phoneDigits reports whether s is 7 to 15 digits and what people put between.
func phoneDigits(s string) bool {
	end, digits, _ := number(s, 0)
	return end == len(s) && digits >= 7 && digits <= 15
}

// phones redacts phone numbers in s. Digits alone are not enough, since
// articles and orders have them too; a number is one if it is written with a
// plus or 00, begins with a single 0 and has a phone number's length, or is
// grouped as in North America.
func phones(s string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '+' && c != '(' && !digit(c) || i > 0 && joins(s[i-1]) {
			continue
		}
		end, ok := phoneAt(s, i)
		if !ok {
			continue
		}
		b.WriteString(s[done:i])
		b.WriteString(Phone)
		done, i = end, end-1
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// joins reports whether c before a digit makes it part of a longer word.
func joins(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '+' }

// phoneAt reports whether a phone number starts at i, and where it ends.
func phoneAt(s string, i int) (end int, ok bool) {
	if end, ok := northAmerican(s, i); ok {
		return end, true
	}
	end, digits, grouped := number(s, i)
	if digits < 8 {
		return 0, false
	}
	if end < len(s) && (letter(s[end]) || s[end] == '_' || s[end] == '-') && s[i] != '+' {
		return 0, false // part of an article's number or a slug
	}
	text := s[i:end]
	switch {
	case s[i] == '+':
		return end, digits >= 8 && digits <= 15
	case strings.HasPrefix(text, "00"):
		return end, digits >= 11 && digits <= 17 && len(text) > 2 && text[2] != '0' && !barcode(text)
	case strings.HasPrefix(text, "0"):
		low := 10
		if grouped {
			low = 9
		}
		return end, digits >= low && digits <= 12 && !date(text) && !barcode(text)
	}
	return 0, false
}

// number reads digits from i on, with at most two of " .-()/" between two of
// them, after an optional plus or bracket.
func number(s string, i int) (end, digits int, grouped bool) {
	gap := 0
	for j := i; j < len(s); j++ {
		switch c := s[j]; {
		case digit(c):
			digits++
			grouped = grouped || gap > 0 && digits > 1
			gap, end = 0, j+1
		case c == '+' && j == i:
		case c == ' ' || c == '.' || c == '-' || c == '(' || c == ')':
			if gap++; gap > 2 {
				return end, digits, grouped
			}
		default:
			return end, digits, grouped
		}
	}
	return end, digits, grouped
}

// northAmerican matches 555-234-5678, (555) 234-5678 and 1 555.234.5678: three,
// three and four digits with a separator before the last four.
func northAmerican(s string, i int) (end int, ok bool) {
	j := i
	if j+1 < len(s) && s[j] == '1' && (s[j+1] == ' ' || s[j+1] == '-' || s[j+1] == '.') {
		j += 2
	}
	bracket := j < len(s) && s[j] == '('
	if bracket {
		j++
	}
	if !block(s, j, 3) || s[j] < '2' {
		return 0, false
	}
	if j += 3; bracket {
		if j >= len(s) || s[j] != ')' {
			return 0, false
		}
		j++
	}
	if j < len(s) && (s[j] == ' ' || s[j] == '-' || s[j] == '.') {
		j++
	} else if !bracket {
		return 0, false
	}
	if !block(s, j, 3) || s[j] < '2' || j+3 >= len(s) || s[j+3] != '-' && s[j+3] != '.' && s[j+3] != ' ' || !block(s, j+4, 4) {
		return 0, false
	}
	end = j + 8
	if end < len(s) && (letter(s[end]) || digit(s[end]) || s[end] == '-' || s[end] == '_') {
		return 0, false
	}
	return end, true
}

// block reports whether n digits stand at i.
func block(s string, i, n int) bool {
	if i+n > len(s) {
		return false
	}
	for _, c := range []byte(s[i : i+n]) {
		if !digit(c) {
			return false
		}
	}
	return true
}

// date reports whether text starts with a day as in 01.02.2024 or 01-02-2024.
func date(text string) bool {
	return block(text, 0, 2) && len(text) >= 10 && (text[2] == '.' || text[2] == '-') && block(text, 3, 2) && text[5] == text[2] && block(text, 6, 4)
}

// barcode reports whether text is an ISBN-10, UPC or EAN by its check digit.
func barcode(text string) bool {
	switch {
	case !block(text, 0, len(text)):
		return false
	case len(text) == 10:
		sum := 0
		for i := range 10 {
			sum += (10 - i) * int(text[i]-'0')
		}
		return sum%11 == 0
	case len(text) == 12 || len(text) == 13 || len(text) == 14:
		sum := 0
		for i := range len(text) {
			weight := 1
			if (len(text)-i)%2 == 0 {
				weight = 3
			}
			sum += weight * int(text[i]-'0')
		}
		return sum%10 == 0
	}
	return false
}
