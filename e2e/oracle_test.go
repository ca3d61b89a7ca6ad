package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/oracle"
)

// expect waits until the reports hold every event, then compares all numbers.
func (p *product) expect(t *testing.T, ref *reference) {
	t.Helper()
	p.await("all events in the report", 5*time.Minute, func() error {
		got, err := p.query(map[string]any{"metrics": []string{"events"}, "date_range": ref.days()})
		if err != nil {
			return err
		}
		if n := fmt.Sprint(got.Results[0].Metrics[0]); n != fmt.Sprint(ref.total.events) {
			return fmt.Errorf("%s of %d events", n, ref.total.events)
		}
		return nil
	})
	if diff := p.awaitReports(ref); diff != "" {
		t.Error(diff)
	}
}

// awaitReports returns what differs in answers that cannot be old ones any more: reports may be two
// seconds behind, and more on a machine that does other things.
func (p *product) awaitReports(ref *reference) string {
	settled := time.Now().Add(30 * time.Second)
	for {
		last := time.Now().After(settled)
		diff, err := p.compareReports(ref)
		if err != nil {
			diff = err.Error()
		}
		if diff == "" || last {
			return diff
		}
		<-time.After(500 * time.Millisecond)
	}
}

// compareReports asks for all figures, in all and by dimension, and returns what differs.
func (p *product) compareReports(ref *reference) (string, error) {
	ref.finish()
	var diffs strings.Builder
	for _, question := range []struct {
		dimension string
		want      map[string]string
	}{
		{"", rows(map[string]*tally{"": &ref.total})},
		{"event:page", rows(ref.byPage)},
		{"time:day", rows(ref.byDay)},
		{"visit:source", rows(ref.bySource)},
	} {
		request := map[string]any{"metrics": reportMetrics, "date_range": ref.days(), "pagination": map[string]any{"limit": 1000}}
		if question.dimension != "" {
			request["dimensions"] = []string{question.dimension}
		}
		answer, err := p.query(request)
		if err != nil {
			return "", err
		}
		got := map[string]string{}
		for _, row := range answer.Results {
			got[strings.Trim(fmt.Sprint(row.Dimensions), "[]")] = rowOf(row.Metrics)
		}
		if diff := cmp.Diff(question.want, got); diff != "" {
			fmt.Fprintf(&diffs, "%s by %q (- reference, + report): %s\n", reportMetrics, question.dimension, diff)
		}
	}
	return diffs.String(), nil
}

// storedColumns are compared field by field with what was sent, as fact.stored writes it.
const storedColumns = `event_id, kind, name, toUnixTimestamp64Milli(occurred_at), hostname, path, query, title, order_id, amount,
	if(kind IN ('sale', 'refund'), currency, ''), props['n'], item_ids, item_quantities, item_prices, is_bot, via`

// stored is the row that the event must have become.
func (f fact) stored(host string) string {
	currency, ids, quantities, prices := "", "[]", "[]", "[]"
	if f.micros > 0 {
		currency = "EUR"
	}
	if f.kind == "sale" {
		ids, quantities, prices = "['"+f.order+"/1']", fmt.Sprintf("[%d]", f.n%9+1), fmt.Sprintf("[%d]", f.micros)
	}
	return strings.Join([]string{
		f.id, f.kind, f.name, strconv.FormatInt(f.at, 10), host, f.path(), "utm_source=" + f.from(), f.title(), f.order,
		strconv.FormatInt(f.micros, 10), currency, strconv.Itoa(f.n), ids, quantities, prices, "0", "server",
	}, "\t")
}

// fate is what became of an event, as far as its sender knows.
type fate uint8

const (
	unsent  fate = iota
	unknown      // sent, and no answer said that it is safe
	acknowledged
	refused
)

// judgement is what the raw rows of a round say.
type judgement struct {
	stored, lost, doubled, altered, foreign int
	examples                                []string
	facts                                   []fact // stored ones
}

// judge reads the raw rows of a round: what was acknowledged is stored, what is stored was sent,
// just so, and nothing is there twice.
func (p *product) judge(g *generator, fates []fate) (*judgement, error) {
	sent := oracle.NewLedger()
	for n, became := range fates {
		f := g.fact(n)
		if f.field == "" && (became == unknown || became == acknowledged) {
			sent.Issue(f.id, f.stored(g.host))
		}
		if became == acknowledged {
			sent.Acknowledge(f.id)
		}
	}
	var rows []oracle.Row
	var facts []fact
	seen := make([]bool, len(fates))
	query := fmt.Sprintf("SELECT %s FROM events WHERE site_id = %s AND startsWith(event_id, '%s')", storedColumns, p.siteID(), g.prefix())
	err := p.sql(query, func(line string) error {
		id, _, _ := strings.Cut(line, "\t")
		rows = append(rows, oracle.Row{ID: id, Content: line})
		if n, ok := g.number(id); ok && n < len(fates) && !seen[n] {
			seen[n] = true
			facts = append(facts, g.fact(n))
		}
		return nil
	})
	verdict := sent.Judge(rows)
	j := &judgement{
		stored: len(facts), lost: len(verdict.Lost), doubled: len(verdict.Doubled), altered: len(verdict.Altered), foreign: len(verdict.Foreign),
		facts: facts,
	}
	if len(verdict.Faults()) > 0 {
		j.examples = []string{verdict.String()}
	}
	return j, err
}
