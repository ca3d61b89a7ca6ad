package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// ingestion is what the product says became of the events of a site.
type ingestion struct {
	InFlight    int `json:"in_flight"`
	Unaccounted int `json:"unaccounted"`
	Missing     int `json:"missing"`
	Totals      struct {
		Received    int            `json:"received"`
		Accepted    int            `json:"accepted"`
		Refused     map[string]int `json:"refused"`
		Stored      int            `json:"stored"`
		Repeated    int            `json:"repeated"`
		Conflicting int            `json:"conflicting"`
		Quarantined map[string]int `json:"quarantined"`
	} `json:"totals"`
}

// ingestion asks for the whole time since then.
func (p *product) ingestion(since time.Time) (got ingestion, err error) {
	address := fmt.Sprintf("%s/api/v1/sites/%s/ingestion?from=%s&interval=hour", p.ready.AdminURL, p.siteID(), url.QueryEscape(since.UTC().Format(time.RFC3339)))
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return got, err
	}
	request.Header.Set("Authorization", "Bearer "+p.ready.Demo.APIKey)
	client := http.Client{Timeout: clientLimit}
	response, err := client.Do(request)
	if err != nil {
		return got, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return got, fmt.Errorf("ingestion answered %d", response.StatusCode)
	}
	return got, json.NewDecoder(response.Body).Decode(&got)
}

func (g *ingestion) refused() int { return sum(g.Totals.Refused) }

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// closes says what of the equations does not hold: everything that was received is accepted or
// refused, everything accepted is stored or repeated, and nothing is under way or unaccounted for.
func (g *ingestion) closes(stored int) error {
	t := g.Totals
	switch {
	case g.InFlight != 0, g.Unaccounted != 0, g.Missing != 0:
		return fmt.Errorf("in flight %d, unaccounted %d, missing %d", g.InFlight, g.Unaccounted, g.Missing)
	case t.Received != t.Accepted+g.refused():
		return fmt.Errorf("received %d, accepted %d, refused %v", t.Received, t.Accepted, t.Refused)
	case t.Accepted != t.Stored+t.Repeated || len(t.Quarantined) != 0 || t.Conflicting != 0:
		return fmt.Errorf("accepted %d, stored %d, repeated %d, conflicting %d, quarantined %v", t.Accepted, t.Stored, t.Repeated, t.Conflicting, t.Quarantined)
	case t.Stored != stored:
		return fmt.Errorf("stored %d, and the table has %d", t.Stored, stored)
	}
	return nil
}

// expectClosing checks the product's own books against those of the senders. Whoever was told
// "accepted" or "refused" is in them; a request without an answer may be there too.
func (h *harness) expectClosing(t *testing.T) {
	t.Helper()
	var got ingestion
	var err error
	settled := time.Now().Add(3 * time.Minute) // the product looks every ten seconds
	for {
		last := time.Now().After(settled)
		if got, err = h.p.ingestion(h.begin); err == nil {
			err = got.closes(h.ref.total.events)
		}
		if err == nil || last {
			break
		}
		<-time.After(500 * time.Millisecond)
	}
	if err != nil {
		h.fail(t, "the equation does not close: %v", err)
		return
	}
	told := h.ref.told
	if got.Totals.Accepted < told.accepted || got.refused() < told.refused {
		h.fail(t, "senders were told that %d are accepted and %d refused, and the product counts %d and %d", told.accepted, told.refused, got.Totals.Accepted, got.refused())
	}
	totals := got.Totals
	t.Logf("received %d = accepted %d + refused %d; accepted = stored %d + repeated %d", totals.Received, totals.Accepted, got.refused(), totals.Stored, totals.Repeated)
	if told.busy == 0 && len(h.rounds) == 1 && (got.Totals.Accepted != told.accepted || got.refused() != told.refused) {
		h.fail(t, "without a fault, %d were accepted and %d refused, and the product counts %d and %d", told.accepted, told.refused, got.Totals.Accepted, got.refused())
	}
}
