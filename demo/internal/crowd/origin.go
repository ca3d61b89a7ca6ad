package crowd

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"noctra/schema"
)

// Origin is where a visit came from, with what the collector makes of it.
type Origin struct {
	Referrer                    string // address as the browser gives it
	ReferrerPlace               string // host and path, as stored
	Source, Channel             string
	UTM                         UTM
	ClickIDs                    []schema.ClickID
	entry                       entryKind
	clickID, clickHead, termSet string
	clickLength, weight         int
	smallLetters                bool // on the way here the address lost its capitals
}

// UTM are campaign parameters.
type UTM struct{ Source, Medium, Campaign, Term, Content string }

type entryKind uint8

const (
	entryAny entryKind = iota
	entryHome
	entryProduct
	entryGuide
	entryLanding
)

const (
	google = "https://www.google.com/"
	cpc    = "cpc"
)

var origins = []Origin{
	{Source: "Direct", Channel: "Direct", entry: entryHome, weight: 210},
	{Referrer: google, ReferrerPlace: "google.com/", Source: "Google", Channel: "Organic Search", weight: 250},
	{Referrer: google, ReferrerPlace: "google.com/", Source: "Google", Channel: "Paid Search", UTM: UTM{"google", cpc, "brand-search", "moonlight lamps", ""},
		clickID: "gclid", clickHead: "Cj0KCQiA", clickLength: 52, entry: entryHome, weight: 60},
	{Referrer: google, ReferrerPlace: "google.com/", Source: "Google", Channel: "Paid Search", UTM: UTM{"google", cpc, "autumn-sale", "", "headline-b"},
		clickID: "gclid", clickHead: "EAIaIQobChMI", clickLength: 48, termSet: "lamps", entry: entryLanding, weight: 110},
	{Referrer: google, ReferrerPlace: "google.com/", Source: "Google", Channel: "Paid Shopping", UTM: UTM{"google", cpc, "shopping-all-products", "", ""},
		clickID: "gclid", clickHead: "CjwKCAiA", clickLength: 56, entry: entryProduct, weight: 70},
	{Referrer: google, ReferrerPlace: "google.com/", Source: "Google", Channel: "Paid Search", UTM: UTM{"google", cpc, "winter-preview", "", ""},
		clickID: "gclid", clickHead: "Cj0KCQiA", clickLength: 52, entry: entryLanding, weight: 22, smallLetters: true},
	{Source: "Google", Channel: "Paid Search", UTM: UTM{"google", cpc, "autumn-sale-app", "", ""},
		clickID: "gbraid", clickHead: "0AAAAA", clickLength: 26, entry: entryLanding, weight: 18},
	{Source: "Google", Channel: "Paid Search", UTM: UTM{"google", cpc, "autumn-sale-ios", "", ""},
		clickID: "wbraid", clickHead: "CjkKCQ", clickLength: 40, entry: entryLanding, weight: 14},
	{Referrer: "https://www.bing.com/", ReferrerPlace: "bing.com/", Source: "Bing", Channel: "Paid Search", UTM: UTM{"bing", cpc, "brand-search", "", ""},
		clickID: "msclkid", clickLength: 32, entry: entryHome, weight: 22},
	{Referrer: "https://l.facebook.com/", ReferrerPlace: "l.facebook.com/", Source: "Facebook", Channel: "Paid Social", UTM: UTM{"facebook", "paid_social", "cosy-evenings", "", "video-1"},
		clickID: "fbclid", clickHead: "IwAR", clickLength: 57, entry: entryLanding, weight: 62},
	{Referrer: "https://l.instagram.com/", ReferrerPlace: "l.instagram.com/", Source: "Instagram", Channel: "Organic Social", entry: entryProduct, weight: 34},
	{Source: "newsletter", Channel: "Email", UTM: UTM{"newsletter", "email", "friday-letter", "", ""}, weight: 48},
	{Referrer: "https://www.bing.com/", ReferrerPlace: "bing.com/", Source: "Bing", Channel: "Organic Search", weight: 26},
	{Referrer: "https://duckduckgo.com/", ReferrerPlace: "duckduckgo.com/", Source: "DuckDuckGo", Channel: "Organic Search", weight: 18},
	{Referrer: "https://chatgpt.com/", ReferrerPlace: "chatgpt.com/", Source: "ChatGPT", Channel: "AI Assistants", entry: entryGuide, weight: 20},
	{Referrer: "https://www.perplexity.ai/", ReferrerPlace: "perplexity.ai/", Source: "Perplexity", Channel: "AI Assistants", entry: entryGuide, weight: 6},
	{Referrer: "https://www.reddit.com/r/homeoffice/", ReferrerPlace: "reddit.com/r/homeoffice/", Source: "Reddit", Channel: "Organic Social", entry: entryGuide, weight: 12},
	{Referrer: "https://www.pinterest.com/", ReferrerPlace: "pinterest.com/", Source: "Pinterest", Channel: "Organic Social", entry: entryProduct, weight: 16},
	{Referrer: "https://www.youtube.com/", ReferrerPlace: "youtube.com/", Source: "YouTube", Channel: "Organic Video", entry: entryProduct, weight: 8},
	{Referrer: "https://www.idealo.de/", ReferrerPlace: "idealo.de/", Source: "idealo", Channel: "Organic Shopping", UTM: UTM{"idealo", "comparison", "", "", ""}, entry: entryProduct, weight: 14},
	{Referrer: "https://slowliving.example/best-lamps", ReferrerPlace: "slowliving.example/best-lamps", Source: "slowliving.example", Channel: "Referral", entry: entryGuide, weight: 12},
}

var searchTerms = []string{"desk lamp", "reading lamp", "wall lamp brass", "dimmable lamp", "lantern outdoor"}

// newOrigin returns an origin with click ids of its own.
func newOrigin(r *rand.Rand) *Origin {
	o := origins[weighted(r, len(origins), func(i int) int { return origins[i].weight })]
	if o.termSet != "" {
		o.UTM.Term = searchTerms[r.IntN(len(searchTerms))]
	}
	if o.clickID != "" {
		value := o.clickHead + token(r, o.clickLength)
		if o.smallLetters {
			value = strings.ToLower(value)
		}
		o.ClickIDs = []schema.ClickID{{Kind: o.clickID, Value: value}}
	}
	return &o
}

// Query is what stands behind the ? of the first page's address.
func (o *Origin) Query() string {
	q := url.Values{}
	for _, p := range [][2]string{
		{"utm_source", o.UTM.Source}, {"utm_medium", o.UTM.Medium}, {"utm_campaign", o.UTM.Campaign},
		{"utm_term", o.UTM.Term}, {"utm_content", o.UTM.Content},
	} {
		if p[1] != "" {
			q.Set(p[0], p[1])
		}
	}
	for _, id := range o.ClickIDs {
		q.Set(id.Kind, id.Value)
	}
	return q.Encode()
}

// counted reports whether Google knows the click: it is one of its own, as it gave it.
func (o *Origin) counted() bool {
	return o.Source == "Google" && len(o.ClickIDs) > 0 && !o.smallLetters
}

// paid reports whether somebody paid for the visit.
func (o *Origin) paid() bool {
	return slices.Contains([]string{"Paid Search", "Paid Shopping", "Paid Social"}, o.Channel)
}
