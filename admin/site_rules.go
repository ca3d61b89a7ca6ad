package admin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"noctra/schema"
)

// Bounds of settings; the checks of the tables say the same.
const (
	mostRules        = 100
	mostLookback     = 540
	usualLookback    = 90
	leastRetention   = 30
	mostRetention    = 3650
	longestPath      = 250
	longestAgentPart = 200
	widestPrefix4    = 8
	widestPrefix6    = 16
)

// siteRules are the settings that have a value without anybody's doing.
type siteRules struct {
	ConsentMode         string
	LookbackDays        *int32
	RetentionRaw        *int32 // days; nil: for ever
	RetentionAggregates *int32 // days; nil: for ever
	BotRules            []schema.BotRule
	ExcludedAddresses   []string
	ExcludedPaths       []string
	SalesFromBrowsers   string
}

// check puts r into the form that Postgres takes, fills in what nobody set, and returns everything
// that is wrong with it.
func (r *siteRules) check() []FieldProblem {
	if r.ConsentMode == "" {
		r.ConsentMode = string(schema.ConsentUnsetAllows)
	}
	if r.SalesFromBrowsers == "" {
		r.SalesFromBrowsers = string(schema.BrowserSalesAccept)
	}
	if r.LookbackDays == nil {
		r.LookbackDays = new(int32(usualLookback))
	}
	problems := slices.Concat(
		oneOf("consent_mode", r.ConsentMode, string(schema.ConsentUnsetAllows), string(schema.ConsentUnsetDenies), string(schema.ConsentRequired)),
		between("lookback_days", r.LookbackDays, 1, mostLookback),
		r.checkRetention(),
	)
	rules, wrong := cleanList("bot_rules", r.BotRules, cleanRule)
	r.BotRules, problems = rules, append(problems, wrong...)
	texts, wrong := cleanList("excluded_addresses", r.ExcludedAddresses, cleanPrefix)
	r.ExcludedAddresses, problems = texts, append(problems, wrong...)
	texts, wrong = cleanList("excluded_paths", r.ExcludedPaths, cleanGlob)
	r.ExcludedPaths, problems = texts, append(problems, wrong...)
	return append(problems, oneOf("sales_from_browsers", r.SalesFromBrowsers,
		string(schema.BrowserSalesAccept), string(schema.BrowserSalesHold), string(schema.BrowserSalesRefuse))...)
}

func (r *siteRules) checkRetention() []FieldProblem {
	problems := slices.Concat(
		between("retention_raw_days", r.RetentionRaw, leastRetention, mostRetention),
		between("retention_aggregates_days", r.RetentionAggregates, leastRetention, mostRetention),
	)
	switch raw, sums := r.RetentionRaw, r.RetentionAggregates; {
	case len(problems) > 0 || sums == nil:
	case raw == nil:
		problems = append(problems, FieldProblem{"retention_aggregates_days", fmt.Sprintf("Sums for %d days would go before the events, which stay for ever; bound retention_raw_days, too.", *sums)})
	case *sums < *raw:
		problems = append(problems, FieldProblem{"retention_aggregates_days", fmt.Sprintf("Sums for %d days would go before the events, which stay for %d.", *sums, *raw)})
	}
	return problems
}

func oneOf(path, value string, words ...string) []FieldProblem {
	if slices.Contains(words, value) {
		return nil
	}
	return []FieldProblem{{path, fmt.Sprintf("%q is none of %s.", short(value), strings.Join(words, ", "))}}
}

func between(path string, value *int32, least, most int32) []FieldProblem {
	if value == nil || *value >= least && *value <= most {
		return nil
	}
	return []FieldProblem{{path, fmt.Sprintf("%d is not within %d and %d days.", *value, least, most)}}
}

// cleanList cleans each entry of a list, and leaves out those that stand there already. The list is
// never nil.
func cleanList[T comparable](path string, given []T, clean func(T) (T, string)) (list []T, problems []FieldProblem) {
	list = []T{}
	if len(given) > mostRules {
		return list, []FieldProblem{{path, fmt.Sprintf("%d entries are too many, at most %d are possible.", len(given), mostRules)}}
	}
	for i, raw := range given {
		entry, why := clean(raw)
		if why != "" {
			problems = append(problems, FieldProblem{fmt.Sprintf("%s[%d]", path, i), why})
		} else if !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	return list, problems
}

// cleanPrefix takes an address or a CIDR prefix, and returns the prefix with its other bits off.
func cleanPrefix(raw string) (string, string) {
	raw = strings.TrimSpace(raw)
	prefix, err := netip.ParsePrefix(raw)
	if addr, e := netip.ParseAddr(raw); e == nil && addr.Zone() == "" {
		prefix, err = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	if err != nil || prefix.Addr().Is4In6() {
		return "", fmt.Sprintf("%q is no address such as 203.0.113.7 and no CIDR prefix such as 203.0.113.0/24.", short(raw))
	}
	widest := widestPrefix4
	if prefix.Addr().Is6() {
		widest = widestPrefix6
	}
	if prefix.Bits() < widest {
		return "", fmt.Sprintf("%q is too much of the internet; a prefix has at least /%d.", short(raw), widest)
	}
	return prefix.Masked().String(), ""
}

// cleanGlob takes a pattern of paths.
func cleanGlob(raw string) (string, string) {
	raw = strings.TrimSpace(raw)
	switch {
	case !strings.HasPrefix(raw, "/"):
		return "", fmt.Sprintf("%q does not begin with /; take a path such as /admin/**.", short(raw))
	case utf8.RuneCountInString(raw) > longestPath:
		return "", fmt.Sprintf("%q has %d characters, a path has at most %d.", short(raw), utf8.RuneCountInString(raw), longestPath)
	case !printable(raw):
		return "", fmt.Sprintf("%q has a control character; a path has none.", short(raw))
	}
	return raw, ""
}

// cleanRule takes a rule about bots.
func cleanRule(r schema.BotRule) (schema.BotRule, string) {
	if r.Action != schema.BotMark && r.Action != schema.BotAllow {
		return r, fmt.Sprintf("The action %q is none of mark, allow.", short(string(r.Action)))
	}
	why := ""
	switch r.Kind {
	case schema.BotByAgent:
		r.Value = strings.ToLower(strings.TrimSpace(r.Value))
		if n := utf8.RuneCountInString(r.Value); n < 3 || n > longestAgentPart || !printable(r.Value) {
			why = fmt.Sprintf("The value %q does not have 3 to %d printable characters.", short(r.Value), longestAgentPart)
		}
	case schema.BotByAddress:
		r.Value, why = cleanPrefix(r.Value)
	case schema.BotByReferrer, schema.BotByHost:
		given := r.Value
		if r.Value = cleanHost(given); len(r.Value) > 253 || !hostForm.MatchString(r.Value) {
			why = fmt.Sprintf("The value %q is no host name such as spam.example or *.spam.example.", short(given))
		}
	case schema.BotByPath:
		r.Value, why = cleanGlob(r.Value)
	default:
		why = fmt.Sprintf("The kind %q is none of user_agent_contains, address, referrer_host, hostname, path.", short(string(r.Kind)))
	}
	return r, why
}
