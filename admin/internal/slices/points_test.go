//go:build faults

package slices

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/failpoint"
	"noctra/internal/testenv"
	"noctra/schema"
)

// work runs a child under a setting and tells whether it killed itself.
func (o childOptions) work(t *testing.T, setting string) (killed bool) {
	t.Helper()
	options, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), envChild+"="+string(options), failpoint.Env+"="+setting)
	output, err := child.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		return true
	}
	t.Fatalf("with %q: %v\n%s", setting, err, output)
	return false
}

const counting = "(site_id, day, gen) IN (SELECT site_id, day, argMax(gen, (made_at, gen)) FROM slices GROUP BY site_id, day)"

// wrong is what visits and sums that count have other than the raw events, by day: nothing for a
// product that works. Of the dimensions of sums, 104 are goals alone, and 255 is no dimension.
func wrong(t *testing.T, conn driver.Conn) string {
	t.Helper()
	got := table(t, conn, "day, raw, visited, least, most", `
		(SELECT toDate(occurred_at, 'UTC') AS day, count() AS raw FROM events GROUP BY day) AS e
		LEFT JOIN (SELECT day, sum(events) AS visited FROM visits WHERE `+counting+` GROUP BY day) AS v USING day
		LEFT JOIN (SELECT day, min(n) AS least, max(n) AS most FROM (SELECT day, dim, sum(events) AS n FROM rollup WHERE dim NOT IN (104, 255) AND `+counting+` GROUP BY day, dim) GROUP BY day) AS r USING day
		WHERE visited != raw OR least != raw OR most != raw ORDER BY day`)
	if days := table(t, conn, "count()", "(SELECT DISTINCT toDate(occurred_at, 'UTC') FROM events)"); days != "2" {
		t.Errorf("%s days with events", days)
	}
	return got
}

// twoDays are closed days with events.
func twoDays(t *testing.T, conn driver.Conn, now time.Time) {
	t.Helper()
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T10:00:00Z", 3}, visit{1, 1011, "2026-05-01T12:00:00Z", 1}, visit{1, 11, "2026-05-02T10:00:00Z", 4})
}

// TestKilledAtEachPoint kills who makes slices exactly once at each of the fail points. Whoever comes
// next makes them right.
func TestKilledAtEachPoint(t *testing.T) {
	for _, place := range failpoint.Points() {
		if !strings.HasPrefix(string(place.Point), "slices.") {
			continue
		}
		t.Run(string(place.Point), func(t *testing.T) {
			t.Parallel()
			config := testenv.ClickHouse(t)
			conn, err := config.Open(clickhouse.Writer)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			o := childOptions{ClickHouse: config, Site: schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}, Now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
			twoDays(t, conn, o.Now)
			if place.Point == failpoint.SlicesSwept { // there has to be something to sweep
				o.work(t, "slices.rollups=kill:after:1")
				o.work(t, "")
				o.Now = o.Now.Add(25 * time.Hour)
			}
			o.Rebuild = place.Point == failpoint.SlicesTouched
			if !o.work(t, string(place.Point)+"=kill:after:1") {
				t.Fatal("the process was not killed")
			}
			o.work(t, "")
			if got := wrong(t, conn); got != "" {
				t.Errorf("day, raw events, in visits, least and most in sums: %s", got)
			}
			o.Now = o.Now.Add(25 * time.Hour) // what was left unfinished is swept
			o.work(t, "")
			left := table(t, conn, "count()", "(SELECT DISTINCT day, gen FROM visits WHERE NOT "+counting+" UNION ALL SELECT DISTINCT day, gen FROM rollup WHERE NOT "+counting+")")
			if got := wrong(t, conn); got != "" || !o.Rebuild && left != "0" {
				t.Errorf("a day later: %s, %s generations that count no more", got, left)
			}
		})
	}
}

// twiceConn sends every INSERT twice, as a proxy or a driver does that has lost the first answer.
type twiceConn struct{ Conn }

func (c twiceConn) Exec(ctx context.Context, query string, args ...any) error {
	if strings.HasPrefix(query, "INSERT") {
		if err := c.Conn.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return c.Conn.Exec(ctx, query, args...)
}

// TestPlanted: a rollup that is inserted without a token is found, and nothing without that bug.
func TestPlanted(t *testing.T) {
	defer func() { _ = failpoint.Set("test", "") }()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for planted, found := range map[string]bool{"": false, "planted=" + string(failpoint.RollupWithoutToken): true} {
		if err := failpoint.Set("test", planted); err != nil {
			t.Fatal(err)
		}
		conn := openWriter(t)
		twoDays(t, conn, now)
		maker := NewMaker(twiceConn{conn}, listOf(schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}), MakerOptions{Now: func() time.Time { return now }})
		if err := maker.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := wrong(t, conn); (got != "") != found {
			t.Errorf("%q: day, raw events, in visits, least and most in sums: %s", planted, got)
		}
	}
}
