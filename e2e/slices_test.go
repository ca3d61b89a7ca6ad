package e2e

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counting picks the generation of each day that counts: the one made last.
const counting = "(SELECT day, argMax(gen, (made_at, gen)) AS gen FROM slices WHERE site_id = %[1]s GROUP BY day)"

// sums are the figures of each day, a line a day: events and gross revenue of raw rows, of visits,
// and of the sums per dimension, the least and the most of any dimension. 104 are goals alone, 255
// says of a day what is left out.
const sums = `SELECT day, any(raw), any(visited), any(least), any(most), any(gross), any(visited_gross), any(least_gross), any(most_gross) FROM
	(SELECT toDate(occurred_at, 'UTC') AS day, count() AS raw, sumIf(amount, kind = 'sale') AS gross FROM events WHERE site_id = %[1]s GROUP BY day) AS e
	LEFT JOIN (SELECT day, sum(events) AS visited, sum(arraySum(arrayMap((k, a) -> if(k = 3, a, 0), m_kind, m_amount))) AS visited_gross
		FROM visits WHERE site_id = %[1]s AND (day, gen) IN ` + counting + ` GROUP BY day) AS v USING day
	LEFT JOIN (SELECT day, min(e) AS least, max(e) AS most, min(g) AS least_gross, max(g) AS most_gross FROM
		(SELECT day, dim, sum(events) AS e, sum(gross) AS g FROM rollup WHERE site_id = %[1]s AND dim NOT IN (104, 255) AND (day, gen) IN ` + counting + `
		GROUP BY day, dim) GROUP BY day) AS r USING day
	GROUP BY day ORDER BY day`

// digests are fingerprints of the slices that count and are not older than the last event of their
// day, by day.
const digests = `SELECT day, any(n), any(h), any(rn), any(rh) FROM
	(SELECT day, count() AS n, sum(cityHash64(visitor_id, bot, start, duration_ms, pageviews, events, sales, refunds, entry_page, exit_page, source, channel, country,
		arraySort(arrayZip(e_offset, e_kind, e_name, e_page, e_amount)), arraySort(arrayZip(m_kind, m_amount, m_currency)))) AS h
		FROM visits WHERE site_id = %[1]s AND (day, gen) IN ` + counting + ` GROUP BY day) AS v
	LEFT JOIN (SELECT day, count() AS rn, sum(cityHash64(dim, text, visitors, visits, bounces, views, duration_ms, events, pageviews, sales, refunds, own_sales, toString(gross), toString(refunded))) AS rh
		FROM rollup WHERE site_id = %[1]s AND (day, gen) IN ` + counting + ` GROUP BY day) AS r USING day
	WHERE day IN (SELECT s.day FROM (SELECT day, argMax(made_at, (made_at, gen)) AS made FROM slices WHERE site_id = %[1]s GROUP BY day) AS s
		JOIN (SELECT toDate(hour) AS day, max(at) AS at FROM touched WHERE site_id = %[1]s GROUP BY day) AS t USING day WHERE made > at + INTERVAL 2 MINUTE)
	GROUP BY day ORDER BY day`

// lines are the answer's lines by their first field.
func (p *product) lines(query string) (map[string]string, error) {
	found := map[string]string{}
	err := p.sql(fmt.Sprintf(query, p.siteID()), func(line string) error {
		day, rest, _ := strings.Cut(line, "\t")
		found[day] = rest
		return nil
	})
	return found, err
}

// expectRebuilt makes visits and sums of every day anew. Slices that held everything before must be
// the same again, and all figures be those of the reference, whichever table they come from.
func (p *product) expectRebuilt(t *testing.T, ref *reference) (compared int) {
	t.Helper()
	before, err := p.lines(digests)
	if err != nil {
		t.Fatalf("read slices: %v", err)
	}
	if out, err := exec.Command(p.binary, "rebuild", "--data", p.data).CombinedOutput(); err != nil {
		t.Fatalf("rebuild: %v\n%s", err, out)
	}
	after, err := p.lines(digests)
	if err != nil {
		t.Fatalf("read slices: %v", err)
	}
	for day, was := range before {
		if after[day] != was {
			t.Errorf("slice of %s was %q, and is %q made anew", day, was, after[day])
		}
	}
	days, err := p.lines(sums)
	if err != nil {
		t.Fatalf("read sums: %v", err)
	}
	want := map[string]string{}
	for day, d := range ref.byDay {
		want[day] = strings.TrimRight(strings.Repeat(strconv.Itoa(d.events)+"\t", 4)+strings.Repeat(strconv.FormatInt(d.gross, 10)+"\t", 4), "\t")
	}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Errorf("by day, events in raw rows, in visits, in the sums of each dimension (least, most), then gross revenue likewise (- reference): %s", diff)
	}
	return len(before)
}
