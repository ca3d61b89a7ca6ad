package bench

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"time"
)

// lists are filters of the list, some of which find nothing among all conversions, and counts of its parts. Campaign 7
// has nothing that was not accepted, campaign 9 nothing that was.
func (s *soldSite) lists(rows int) (all []AskTiming) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	since := func(days int) string {
		return "&" + url.Values{"from": {today.AddDate(0, 0, -days).Format(time.RFC3339)}, "to": {today.AddDate(0, 0, 1).Format(time.RFC3339)}}.Encode()
	}
	oldest := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "sold %d 1", today.AddDate(0, 0, 1-seededDays).UnixMicro()))
	site := fmt.Sprintf("&site_id=%d", s.id)
	ask := func(name, path string) {
		all = append(all, AskTiming{Name: name, Path: path, Limit: listLimit})
	}
	for _, f := range []struct{ name, more string }{
		{"", ""}, {"state=accepted", ""}, {"state=rejected", ""}, {"state=rejected,unknown", ""}, {"state=received", ""}, {"state=retracted", ""}, {"state=restated", ""},
		{"reason=INVALID_GCLID", ""}, {"reason=bot", ""}, {"reason=not_final", ""}, {"campaign=campaign+7", ""}, {"campaign=none", ""},
		{fmt.Sprint("search=order-", rows/2), ""}, {"search=nothing", ""}, {"needs=person", ""}, {"click_kind=gclid", ""}, {"click_kind=wbraid", ""}, {"click_kind=none", ""},
		{"event_id=event-77", ""}, {"adjustments=true", ""}, {"action_id=77", ""}, {"action_id=78", ""}, {"include=sales", ""}, {"state=none", ""},
		{"state=held&reason=consent_denied", site + since(1)}, {"state=held&reason=bot", site + since(30)}, {"state=accepted&reason=consent_denied", site + since(365)},
		{"state=held&campaign=campaign+7", site + since(30)}, {"reason=consent_denied&campaign=campaign+7", site}, {"reason=consent_denied&campaign=campaign+9", site + since(365)},
		{"click_kind=gclid&reason=not_final", since(30)}, {"needs=person&campaign=campaign+9", since(30)}, {"by=state", since(1)},
		{"state=held", "&cursor=" + oldest}, {"reason=consent_denied", "&cursor=" + oldest}, {"campaign=campaign+9", "&cursor=" + oldest},
	} {
		name := f.name
		if name == "" {
			name = "all"
		}
		if f.more != "" {
			name += ", narrowed"
		}
		ask("list "+name, "/api/v1/conversions?"+f.name+f.more)
	}
	ask("badge", "/api/v1/conversions/counts?part=needs_person")
	for _, f := range []string{"", "reason=bot", "reason=consent_denied" + site + since(30), "click_kind=wbraid", "campaign=campaign+7" + site, "include=sales&search=nothing"} {
		ask("counts "+f, "/api/v1/conversions/counts?"+f)
	}
	return all
}
