package installation

import "fmt"

// advice is what is said of a code. In message, %s is how many events there were.
type advice struct {
	message, action string
	harmless        bool // as it should be, or it helps itself
}

const lookAtLetters = "Refused events are kept for thirty days: noctra deadletter ls --site shows each with its sentence."

// busy is what senders hear who come at a bad moment.
var busy = advice{message: "%s could not be taken at that moment.", action: "Nothing, if it is over: the script and good senders send them again.", harmless: true}

// advices are the codes of collectors that say something about an installation. Whatever is not here
// is told by its code.
var advices = map[string]advice{
	"host_not_allowed":      {message: "%s came from pages whose host is not one of the site's host names.", action: "Add the host to the site's host names, or take the snippet off its pages."},
	"origin_not_allowed":    {message: "%s came from pages whose host is not one of the site's host names.", action: "Add the host to the site's host names, or take the snippet off its pages."},
	"site_archived":         {message: "%s came while the site was archived.", action: "Take the site out of the archive, or the snippet off its pages."},
	"needs_server_key":      {message: "%s had something that only servers may send: a refund, an e-mail address, a phone number, an address or a user agent.", action: "Send these from your server, with a server key."},
	"key_expired":           {message: "%s came with a server key that has ended.", action: "Give the server the key that was made when it was rotated, or a new one."},
	"signature_missing":     {message: "%s came without a signature, and their server key needs one.", action: "Sign requests with the key's signing secret, or make signatures optional for this key."},
	"signature_expired":     {message: "%s had a signature whose time is more than five minutes off.", action: "Put the server's clock right, and sign a request when it is sent."},
	"signature_wrong":       {message: "%s had a signature that does not fit.", action: "Sign the body as it is sent, compressed or not, with the signing secret of this key."},
	"signature_replayed":    {message: "%s came again with a signature that was taken already.", action: "Nothing is missing. If your server does not send twice, somebody else does: rotate the key.", harmless: true},
	"url_invalid":           {message: "%s had no address of a page that can be read.", action: "Send the whole address, such as https://shop.example/cart. " + lookAtLetters},
	"required":              {message: "%s lacked a field that they need.", action: "Look which one is missing. " + lookAtLetters},
	"amount_invalid":        {message: "%s had an amount that is no number.", action: "Send amounts like 12.50, with a point and without a currency. " + lookAtLetters},
	"currency_unknown":      {message: "%s had a currency that is not ISO 4217.", action: "Send codes like EUR. " + lookAtLetters},
	"occurred_at_too_old":   {message: "%s happened more than seven days before they came.", action: "Send events sooner, and look whether the sender's clock is right."},
	"occurred_at_too_new":   {message: "%s happened in the future by their sender's clock.", action: "Put the sender's clock right, or send sent_at, which corrects it."},
	"body_invalid":          {message: "%s had a body that is no JSON.", action: "Look what the sender puts into the body."},
	"excluded":              {message: "%s belonged to what the site's settings leave out.", action: "Nothing.", harmless: true},
	"sale_from_browser":     {message: "%s came as sales from browsers, which the site does not take.", action: "Send sales from your server, or let the site take those of browsers."},
	"kept_out":              {message: "%s belonged to somebody who is being erased.", action: "Nothing.", harmless: true},
	"rate_limited":          {message: "%s went beyond what a site or an address may send in a second.", action: "Nothing, if it is over; otherwise ask whoever runs this Noctra for a higher rate.", harmless: true},
	"overloaded":            busy,
	"not_ready":             busy,
	"kafka_unavailable":     busy,
	"kafka_retention":       busy,
	"spool_full":            busy,
	"internal_error":        busy,
	"request_invalid":       {message: "%s could not be read as requests.", action: "Look whether a proxy in front cuts requests off.", harmless: true},
	"script_without_events": {message: "Pages of %s loaded the script, and none sent an event for this site.", action: "Look that data-site in the snippet is %s, and that nothing keeps requests to the collector back: a consent banner, an ad blocker, a content security policy."},
}

// ofHosts says which hosts are not the site's, and which of the site's send for no site.
func (f *facts) ofHosts() []Reason {
	reasons := []Reason{}
	for _, s := range f.sightings {
		r := Reason{Door: "browser", Host: s.Host, Count: s.N, LastAt: s.LastAt.UTC(), Current: true, Fault: true}
		switch {
		case s.Kind == SawHost && f.site.AllowsHost(s.Host):
			r.Code, r.Current, r.Fault = SawHost, false, false
			r.Message = fmt.Sprintf("%s came from %s before it was one of the site's host names.", f.events(s.N), s.Host)
			r.Action = "Nothing; what was refused can be taken in again: noctra deadletter replay --reason host_not_allowed."
		case s.Kind == SawHost:
			r.Code = SawHost
			r.Message = fmt.Sprintf("%s came from %s, which is not one of the site's host names.", f.events(s.N), s.Host)
			r.Action = fmt.Sprintf("Add %s to the site's host names, or take the snippet off its pages.", s.Host)
		case s.Kind == SawKey:
			r.Code = SawKey
			r.Message = fmt.Sprintf("%s came from %s with the key %s, which no site has.", f.events(s.N), s.Host, s.Detail)
			r.Action = fmt.Sprintf("Put this site's snippet into those pages; its key is %s.", f.site.PublicKey)
		default:
			continue
		}
		reasons = append(reasons, r)
	}
	return reasons
}

// ofLedger says what was refused for other reasons than those that ofHosts knows more about.
func (f *facts) ofLedger() []Reason {
	var reasons []Reason
	hosts := false
	for _, s := range f.sightings {
		hosts = hosts || s.Kind == SawHost
	}
	for _, r := range f.refused {
		if hosts && (r.code == "host_not_allowed" || r.code == "origin_not_allowed") {
			continue
		}
		a, known := advices[r.code]
		if !known {
			a = advice{message: "%s got the refusal " + r.code + ".", action: lookAtLetters}
		}
		reasons = append(reasons, Reason{
			Code: r.code, Door: r.door, Count: r.n, LastAt: r.last.UTC(), Current: true, Fault: !a.harmless,
			Message: fmt.Sprintf(a.message, f.events(r.n)), Action: a.action,
		})
	}
	return reasons
}

// ofSilence says what is known where nothing comes.
func (f *facts) ofSilence() []Reason {
	for _, s := range f.sightings {
		if s.Kind == SawScript {
			a := advices["script_without_events"]
			return []Reason{{Code: "script_without_events", Door: "browser", Host: s.Host, Count: s.N, LastAt: s.LastAt.UTC(), Current: true, Fault: true,
				Message: fmt.Sprintf(a.message, s.Host), Action: fmt.Sprintf(a.action, f.site.PublicKey)}}
		}
	}
	if f.total > 0 {
		return []Reason{{Code: "servers_only", Door: "server", Count: f.total, LastAt: f.lastTaken().UTC(), Current: true,
			Message: fmt.Sprintf("%s came from servers, and none from pages.", f.events(f.total)), Action: "Put the snippet into the pages, if they are to be counted."}}
	}
	if !f.last.IsZero() {
		return []Reason{{Code: "silent", LastAt: f.last, Current: true, Fault: true,
			Message: fmt.Sprintf("The last event came at %s UTC, and nothing since.", f.last.Format("2006-01-02 15:04")),
			Action:  "Look whether the snippet is still in the pages, and whether they can reach the collector."}}
	}
	return []Reason{{Code: "nothing_yet", Current: true, Fault: false, Message: "Nothing has come for this site yet.",
		Action: "Put the snippet into every page of the site, publish them, and open one in a browser without an ad blocker."}}
}

func (f *facts) events(n uint64) string {
	if n == 1 {
		return "1 event in the last 24 hours"
	}
	return fmt.Sprintf("%d events in the last 24 hours", n)
}
