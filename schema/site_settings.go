package schema

// ConsentMode says what an event means that brings no consent.
type ConsentMode string

const (
	ConsentUnsetAllows ConsentMode = "unset_allows" // as the identity mode says, the default; empty means it, too
	ConsentUnsetDenies ConsentMode = "unset_denies" // an event without a consent object counts as denied
	ConsentRequired    ConsentMode = "required"     // each answer has to be granted, or it counts as denied
)

// Strict reports whether a denial means that nobody is recognised, not even for a day.
func (m ConsentMode) Strict() bool { return m == ConsentUnsetDenies || m == ConsentRequired }

// DenyUnset makes a denial of each answer that the sender did not give.
func (e *Event) DenyUnset() {
	for _, answer := range [...]*Consent{&e.ConsentAnalytics, &e.ConsentAdUser, &e.ConsentAdPerson} {
		if *answer == ConsentUnset {
			*answer = ConsentDenied
		}
	}
}

// BrowserSales says what becomes of sales that no server vouches for.
type BrowserSales string

const (
	BrowserSalesAccept BrowserSales = "accept" // the default; empty means it, too
	BrowserSalesHold   BrowserSales = "hold"   // kept as KindHeldSale
	BrowserSalesRefuse BrowserSales = "refuse"
)

// BotRule is a site's own word about who is a bot. The first rule of a site that fits decides.
type BotRule struct {
	Kind   BotRuleKind   `json:"kind"`
	Value  string        `json:"value"`
	Action BotRuleAction `json:"action"`
}

// BotRuleKind says what a rule looks at.
type BotRuleKind string

const (
	BotByAgent    BotRuleKind = "user_agent_contains" // any case
	BotByAddress  BotRuleKind = "address"             // CIDR prefix
	BotByReferrer BotRuleKind = "referrer_host"       // exact, or *.spam.example for all below it
	BotByHost     BotRuleKind = "hostname"            // of the page, likewise
	BotByPath     BotRuleKind = "path"                // glob
)

// BotRuleAction says what a rule does.
type BotRuleAction string

const (
	BotMark  BotRuleAction = "mark"  // with the reason BotSiteRule
	BotAllow BotRuleAction = "allow" // takes all reasons away
)

// BotSiteRule is the reason of events that a site's own rule marked.
const BotSiteRule = "site_rule"
