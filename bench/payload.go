package bench

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// idLength is the length of the ids that the load generator makes: "bench-" and 16 hex digits.
const idLength = 6 + 16

const hexDigits = "0123456789abcdef"

// writeID writes the id of number n into place, which has idLength bytes.
func writeID(place []byte, n uint64) {
	copy(place, "bench-")
	for i := idLength - 1; i >= 6; i-- {
		place[i] = hexDigits[n&15]
		n >>= 4
	}
}

// parseID reads a number that writeID wrote.
func parseID(id string) (uint64, bool) {
	digits, ok := strings.CutPrefix(id, "bench-")
	if !ok || len(id) != idLength {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

// agents are browsers as visitors have them; the collector's cache sees more than one.
var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 15; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
}

// requestBody makes the body of a request with batch events of about 550 bytes, each with an
// address and a browser of its own, and says where their ids stand.
func requestBody(site string, batch, worker int) (body []byte, places []int) {
	mark := strings.Repeat("?", idLength)
	var b bytes.Buffer
	if batch > 1 {
		b.WriteString(`{"events":[`)
	}
	for i := range batch {
		if i > 0 {
			b.WriteByte(',')
		}
		n := worker*batch + i
		fmt.Fprintf(&b, `{"id":"%s","site":"%s","type":"pageview",`, mark, site)
		fmt.Fprintf(&b, `"url":"https://shop.noctra.example/products/item-%d?utm_source=google&utm_medium=cpc&utm_campaign=autumn-%d&gclid=Cj0KCQjw%012d",`, n%500, n%20, n)
		fmt.Fprintf(&b, `"referrer":"https://www.google.com/","title":"Item %d – Demo shop","screen":"1920x1080","language":"de-DE",`, n%500)
		fmt.Fprintf(&b, `"ip":"%d.%d.%d.%d","user_agent":"%s"}`, 80+n%40, n/200%250, n%250, 1+n%200, agents[n%len(agents)])
	}
	if batch > 1 {
		b.WriteString(`]}`)
	}
	body = b.Bytes()
	for at := 0; ; {
		i := bytes.Index(body[at:], []byte(mark))
		if i < 0 {
			return body, places
		}
		places = append(places, at+i)
		at += i + idLength
	}
}
