package bench

import (
	"fmt"
	"time"

	"noctra/schema"
)

var (
	countries = []string{"DE", "FR", "GB", "NL", "PL", "ES", "IT", "US", "AT", "CH", "SE", "PT"}
	browsers  = []string{"Chrome", "Safari", "Firefox", "Edge", "Samsung Internet"}
	systems   = []string{"Windows", "iOS", "Android", "macOS", "Linux"}
	devices   = []string{"desktop", "mobile", "tablet"}
	sources   = []string{"Google", "", "Bing", "newsletter", "Facebook", "ChatGPT"}
	channels  = []string{"Paid Search", "Direct", "Organic Search", "Email", "Organic Social", "AI Assistants"}
)

// rows are the events of one site, spread evenly over today so far and the days before it.
type rows struct {
	site schema.SiteID
	now  time.Time
	days int // today included
}

// event makes the i-th event as the collector would: all columns, four events a visitor, 5 % with a
// click id, 1.4 % sales.
func (r rows) event(i int) schema.Event {
	visitor := uint64(i/4)*0x9e3779b97f4a7c15 | 1
	mix := int(visitor >> 40)
	at := r.at(visitor).Add(time.Duration(i%4) * time.Second)
	page := mix * mix % 20_000 * (i%3 + 1)
	event := schema.Event{
		ID: fmt.Sprintf("0199f3a2-%04x-7000-8000-%012x", i&0xffff, visitor^uint64(i)<<8&0xffffffffffff), Site: r.site, Workspace: 1,
		Kind: schema.KindPageview, Via: schema.ViaBrowser, OccurredAt: schema.MillisOf(at), ReceivedAt: schema.MillisOf(at) + 80,
		Visitor: schema.VisitorID(visitor), VisitorKind: schema.VisitorDaily,
		Hostname: "shop.noctra.example", Path: fmt.Sprintf("/products/item-%d", page), Title: fmt.Sprintf("Item %d – Demo shop", page),
		Source: sources[mix%len(sources)], Channel: channels[mix%len(channels)], Referrer: "www.google.com/",
		UTMSource: "google", UTMMedium: "cpc", UTMCampaign: fmt.Sprintf("autumn-%d", mix%20),
		Country: countries[mix%len(countries)], Region: fmt.Sprintf("Region %d", mix%60), City: fmt.Sprintf("City %d", mix%900),
		Browser: browsers[mix%len(browsers)], BrowserVersion: fmt.Sprint(120 + mix%25), OS: systems[mix%len(systems)], OSVersion: fmt.Sprint(10 + mix%9),
		Device: devices[mix%len(devices)], Screen: "1920x1080", Language: "de-DE", TimeZone: "Europe/Berlin",
	}
	if mix%20 == 0 {
		event.ClickIDs = []schema.ClickID{{Kind: "gclid", Value: fmt.Sprintf("Cj0KCQjw%020x", visitor)}}
	}
	if i%5 == 0 {
		event.Props = []schema.Prop{{Key: "plan", Value: "pro"}, {Key: "variant", Value: fmt.Sprint(mix % 4)}}
	}
	if i%71 == 0 {
		event.Kind, event.OrderID, event.Amount, event.Currency = schema.KindSale, fmt.Sprintf("B-%d", i), schema.Micros(10_000_000+i%90_000_000), "EUR"
	}
	return event
}

// at is when a visitor came: an hour of the day, on one of the days.
func (r rows) at(visitor uint64) time.Time {
	today := r.now.UTC().Truncate(24 * time.Hour)
	back := int(visitor>>8) % r.days
	length := r.now.Sub(today)
	if back > 0 {
		length = 24*time.Hour - 4*time.Second
	}
	return today.AddDate(0, 0, -back).Add(time.Duration(visitor%uint64(max(length.Milliseconds(), 1))) * time.Millisecond)
}
