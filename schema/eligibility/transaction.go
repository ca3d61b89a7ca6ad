package eligibility

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

const longestID = 120 // of a transaction, with its prefix

// TransactionID returns under which id Google is to know a sale: o- and the order id; e- and the event id
// where the order id is missing or may be somebody's data. Never digits alone, which Google refuses.
func TransactionID(order, event string) string {
	order = strings.TrimSpace(order)
	if order == "" || !plain(order) || cardNumber(order) || iban(order) {
		return bounded("e-", event)
	}
	return bounded("o-", order)
}

// ofSite tells the orders of several sites apart that send to one action: no order id has a tilde.
func ofSite(transaction string, site int64) string {
	return transaction + "~" + strconv.FormatInt(site, 10)
}

// bounded hashes what is too long, or what an event id should not have.
func bounded(prefix, id string) string {
	if len(prefix)+len(id) <= longestID && plain(id) {
		return prefix + id
	}
	sum := sha256.Sum256([]byte(id))
	return prefix + hex.EncodeToString(sum[:20])
}

// plain allows what shops number orders with; no @, and no + of phone numbers.
func plain(id string) bool {
	for _, c := range []byte(id) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case strings.IndexByte("-_.#:/=", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// cardNumber says whether it is 13 to 19 digits, in groups or not, with the check digit of a card.
func cardNumber(id string) bool {
	id = strings.NewReplacer("-", "", ".", "", "/", "").Replace(id)
	if len(id) < 13 || len(id) > 19 {
		return false
	}
	sum := 0
	for i := range id {
		c := id[len(id)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		digit := int(c - '0')
		if i%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

// iban says whether it is an account number with right check digits.
func iban(id string) bool {
	id = strings.ToUpper(strings.NewReplacer("-", "", ".", "").Replace(id))
	if len(id) < 15 || len(id) > 34 {
		return false
	}
	rest := 0
	for i := range id {
		c := id[(i+4)%len(id)]
		at := (i + 4) % len(id)
		switch {
		case c >= '0' && c <= '9' && at >= 2:
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z' && at != 2 && at != 3:
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
