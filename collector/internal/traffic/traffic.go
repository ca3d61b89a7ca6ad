// Package traffic tells where a visit came from: campaign parameters and click
// ids of the page's URL, the source's name, and the channel.
//
// It looks at one event and remembers nothing, so "came from an ad last week"
// is not known here. It takes values as the sender wrote them: whoever stores
// them redacts them (package redact). In the flow it stands between the
// validated event and the one that is written to Kafka.
package traffic

// Direct is the source and channel of a visit that came from nowhere known.
const Direct = "Direct"

// Channels, in the order in which they are tested.
const (
	ChannelCrossNetwork    = "Cross-network"
	ChannelPaidShopping    = "Paid Shopping"
	ChannelPaidSearch      = "Paid Search"
	ChannelPaidSocial      = "Paid Social"
	ChannelPaidVideo       = "Paid Video"
	ChannelDisplay         = "Display"
	ChannelPaidOther       = "Paid Other"
	ChannelOrganicShopping = "Organic Shopping"
	ChannelOrganicSocial   = "Organic Social"
	ChannelOrganicVideo    = "Organic Video"
	ChannelAIAssistants    = "AI Assistants"
	ChannelOrganicSearch   = "Organic Search"
	ChannelEmail           = "Email"
	ChannelAffiliates      = "Affiliates"
	ChannelAudio           = "Audio"
	ChannelSMS             = "SMS"
	ChannelMobilePush      = "Mobile Push Notifications"
	ChannelReferral        = "Referral"
	ChannelDirect          = Direct
)

// Input is what is known of an event. The strings of the result are parts of
// those of the input, so they must not borrow bytes that will change.
type Input struct {
	URL      string // of the page, with query and fragment
	Referrer string // as the browser gave it, or empty
	// OwnHosts are the site's host names in lower case, "*.shop.example" for
	// every subdomain. The host of URL is always an own one.
	OwnHosts []string
	// ClickIDs are those that the sender gave by themselves. They win over
	// ids of the same kind in URL.
	ClickIDs []ClickID
}

// UTM holds campaign parameters, each at most 200 bytes.
type UTM struct{ Source, Medium, Campaign, Term, Content, ID string }

// Result is where an event came from.
type Result struct {
	UTM      UTM
	ClickIDs []ClickID // in the order given, one of a kind
	// Invalid are the kinds of the click ids that were not taken, because
	// their values are none. Such a value is for no log.
	Invalid []string
	// GadSource is the number that Google puts beside its click ids, "" or
	// one or two digits. It is no click id.
	GadSource string
	// Source is a display name ("Google", "ChatGPT"), the referrer's host or
	// the campaign's own word where none is known, or Direct.
	Source  string
	Channel string // one of the Channel constants
	// ReferrerHost is in lower case without "www.", port and user; a reversed
	// name for apps (com.linkedin.android). Empty for own hosts.
	ReferrerHost string
	Internal     bool // the referrer is the site itself
}

// Classify tells where an event came from. It accepts any input and is safe
// for concurrent use.
func Classify(in Input) Result {
	var r Result
	p := params{}
	p.read(in.URL)
	r.UTM, r.GadSource = p.utm, p.gadSource
	r.ClickIDs, r.Invalid = p.clicks.merge(in.ClickIDs)

	host := referrerHost(in.Referrer)
	if host != "" && own(host, in) {
		host, r.Internal = "", true
	}
	r.ReferrerHost = host

	src := p.source(r, host)
	r.Source = src.name
	r.Channel = channel(signals{
		source:   src,
		medium:   lower(r.UTM.Medium),
		campaign: lower(r.UTM.Campaign),
		word:     lower(r.UTM.Source),
		click:    clickMeaning(r.ClickIDs, r.GadSource),
	})
	return r
}

// source picks the name: what the link says, then an ad's click id, then the
// referrer, then a click id that ordinary links carry too.
func (p *params) source(r Result, host string) source {
	for _, word := range [...]string{r.UTM.Source, p.sourceParam, p.ref} {
		if word != "" {
			return sourceOfWord(word)
		}
	}
	click := clickMeaning(r.ClickIDs, r.GadSource)
	if click.name != "" && (click.paid || host == "") {
		return sourceOfWord(click.name)
	}
	if host != "" {
		return sourceOfHost(host)
	}
	return source{name: Direct}
}
