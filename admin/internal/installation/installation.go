// Package installation says whether the snippet of a site works, from what came and what was refused.
//
// It reads the tables events and ingestion, and gets what collectors saw of the site's pages; it fetches
// nothing from the site. It decides nothing about who may ask.
package installation

import (
	"time"

	"noctra/schema"
)

// Window is how far back it looks.
const Window = 24 * time.Hour

// recent is how much older than the newest thing that happened something may be to count as going on.
const recent = time.Hour

// States of an installation.
const (
	Waiting = "waiting" // nothing has come from pages, or not for long
	Works   = "works"
	Refused = "refused" // what comes is refused
	Partly  = "partly"  // some is taken, some is refused
)

// Check is the answer.
type Check struct {
	SiteID      string     `json:"site_id" example:"3"`
	State       string     `json:"state" enum:"waiting,works,refused,partly" doc:"waiting: nothing comes from pages. works: what comes is taken. refused: what comes is refused. partly: some is taken, and some is refused for a reason that can be helped." example:"partly"`
	CheckedAt   time.Time  `json:"checked_at" example:"2026-03-01T09:30:00Z"`
	Since       time.Time  `json:"since" doc:"Counts are of what came from then on; figures of the last seconds may be missing." example:"2026-02-28T09:30:00Z"`
	Accepted    uint64     `json:"accepted" doc:"Events that are in reports." example:"1200"`
	Refused     uint64     `json:"refused" doc:"Events, or requests whose events were not looked at, that were refused." example:"12"`
	LastEventAt *time.Time `json:"last_event_at,omitempty" doc:"When the newest event that was taken came, to the minute, also before since. Missing: there was none." example:"2026-03-01T09:29:00Z"`
	Reasons     []Reason   `json:"reasons" doc:"Why it is so and what to do, what goes on before what is over."`
	Doors       []Door     `json:"doors" doc:"By the ways that events come."`
	Hosts       []Host     `json:"hosts" doc:"Host names of the pages that sent something, at most a hundred."`
	Scripts     []Script   `json:"scripts" doc:"Which version of the script pages of the site loaded. Browsers keep it for an hour, so there are fewer loads than pages."`
}

// Reason is something to know about an installation.
type Reason struct {
	Code    string    `json:"code" doc:"That of the refusal, or script_without_events, servers_only, nothing_yet, silent." example:"host_not_allowed"`
	Door    string    `json:"door,omitempty" doc:"browser, server, pixel or unknown." example:"browser"`
	Host    string    `json:"host,omitempty" example:"www.shop.acme.example"`
	Count   uint64    `json:"count" example:"12"`
	LastAt  time.Time `json:"last_at,omitzero" example:"2026-03-01T09:28:00Z"`
	Current bool      `json:"current" doc:"It goes on; otherwise it was so, and newer events came through." example:"true"`
	Fault   bool      `json:"fault" doc:"Something to put right; otherwise it is as it should be, or helps itself." example:"true"`
	Message string    `json:"message" doc:"What is." example:"12 events in the last 24 hours came from www.shop.acme.example, which is not one of the site's host names."`
	Action  string    `json:"action" doc:"What to do." example:"Add www.shop.acme.example to the site's host names, or take the snippet off its pages."`
}

// Door is what came one way.
type Door struct {
	Door           string     `json:"door" enum:"browser,server,pixel,unknown" example:"browser"`
	Accepted       uint64     `json:"accepted" example:"1200"`
	Refused        uint64     `json:"refused" example:"12"`
	LastAcceptedAt *time.Time `json:"last_accepted_at,omitempty" example:"2026-03-01T09:29:12Z"`
	LastRefusedAt  *time.Time `json:"last_refused_at,omitempty" doc:"To the minute." example:"2026-03-01T09:28:00Z"`
}

// Host is a host name that something came from.
type Host struct {
	Host     string    `json:"host" example:"www.shop.acme.example"`
	Allowed  bool      `json:"allowed" doc:"It is one of the site's host names now." example:"false"`
	Accepted uint64    `json:"accepted" example:"0"`
	Refused  uint64    `json:"refused" doc:"For the host or an unknown key, as far as collectors noted it." example:"12"`
	LastAt   time.Time `json:"last_at" example:"2026-03-01T09:28:31Z"`
}

// Script is a version of the script on a host.
type Script struct {
	Host    string    `json:"host" example:"shop.acme.example"`
	Version string    `json:"version" example:"1.0.0"`
	Loads   uint64    `json:"loads" example:"310"`
	LastAt  time.Time `json:"last_at" example:"2026-03-01T09:29:00Z"`
}

// Kinds of what collectors saw.
const (
	SawHost   = "host_not_allowed"
	SawKey    = "site_unknown"
	SawScript = "script_loaded"
)

// Sighting is what collectors saw of a host.
type Sighting struct {
	Kind, Host, Detail string
	N                  uint64
	LastAt             time.Time
}

// facts are what a check is made from.
type facts struct {
	site      schema.Site
	now       time.Time
	taken     []taken
	total     uint64    // events, also those that happened before the window
	last      time.Time // of the newest event, zero for none
	refused   []refusal
	sightings []Sighting
}

// taken are events of one door and host.
type taken struct {
	door, host string
	n          uint64
	last       time.Time
}

// refusal is what was refused at one door for one reason.
type refusal struct {
	door, code string
	n          uint64
	last       time.Time
}
