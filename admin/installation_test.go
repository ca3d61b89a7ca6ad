package admin

import (
	"fmt"
	"testing"
	"time"

	"noctra/admin/internal/installation"
)

// The check tells from ClickHouse and from what collectors saw whether a snippet works.
func TestInstallation(t *testing.T) {
	r := start(t, nil)
	owner, demo := r.signedIn(), r.demo()
	check := func() (c installation.Check) {
		t.Helper()
		decode(t, r.ask(owner, "GET", "/api/v1/sites/"+demo.SiteID+"/installation", ""), 200, &c)
		return c
	}
	if c := check(); c.State != installation.Waiting || c.Reasons[0].Code != "nothing_yet" || c.LastEventAt != nil || c.Accepted != 0 {
		t.Errorf("new: %+v", c)
	}
	now := time.Now().UTC()
	r.sql(`INSERT INTO site_sightings (site_id, hour, kind, host, n, last_at) VALUES ($1::text::bigint, date_trunc('hour', $2::timestamptz), 'host_not_allowed', 'www.other.example', 12, $2)`, demo.SiteID, now)
	r.exec(fmt.Sprintf("INSERT INTO ingestion (site_id, minute, source, seq, stage, reason, n) VALUES (%s, %d, 'aa', 1, 'browser', 'origin_not_allowed', 12)", demo.SiteID, now.Truncate(time.Minute).Unix()))
	c := check()
	if c.State != installation.Refused || c.Refused != 12 || len(c.Reasons) != 1 || c.Reasons[0].Host != "www.other.example" || len(c.Hosts) != 1 || c.Hosts[0].Allowed {
		t.Errorf("refused: %+v", c)
	}
	insertEvents(t, r.config, demo.SiteID, now, 5)
	insertEvents(t, r.config, "99", now, 50)
	c = check()
	if c.State != installation.Partly || c.Accepted != 5 || c.LastEventAt == nil || len(c.Doors) == 0 || c.Doors[0].LastRefusedAt == nil {
		t.Errorf("partly: %+v", c)
	}
	r.sql(`UPDATE sites SET hostnames = hostnames || '{www.other.example}' WHERE id = $1::text::bigint`, demo.SiteID)
	if c = check(); c.State != installation.Works || c.Reasons[0].Current {
		t.Errorf("works: %+v", c)
	}
	r.offset.move(50 * time.Hour)
	r.signedIn()
	if c = check(); c.State != installation.Waiting || c.Reasons[0].Code != "silent" {
		t.Errorf("silent: %+v", c)
	}
}
