package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// posted is what was sent and answered, also again.
type posted struct {
	accepted, refused int
	busy              int // requests that were answered with 429 or 503
}

func (s *posted) add(facts []fact) {
	for _, f := range facts {
		if f.field == "" {
			s.accepted++
		} else {
			s.refused++
		}
	}
}

// ingestion is the answer about what became of events.
type ingestion struct {
	InFlight      uint64     `json:"in_flight"`
	Unaccounted   uint64     `json:"unaccounted"`
	Missing       uint64     `json:"missing"`
	CompleteUntil *time.Time `json:"complete_until"`
	Totals        struct {
		Received, Accepted, Stored, Repeated, Conflicting int
		Refused, Quarantined                              map[string]int
	} `json:"totals"`
}

func (p *product) ingestion(from time.Time) (answer ingestion, err error) {
	call, err := http.NewRequest(http.MethodGet, p.ready.AdminURL+"/api/v1/sites/"+p.siteID()+"/ingestion?from="+from.UTC().Format(time.RFC3339), nil)
	if err != nil {
		return answer, err
	}
	call.Header.Set("Authorization", "Bearer "+p.ready.Demo.APIKey)
	client := http.Client{Timeout: 20 * time.Second}
	response, err := client.Do(call)
	if err != nil {
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(text, &answer)
}

// expectIngestion waits until the ledger has everything that was sent in peace, and compares all of it
// with what senders know.
func (h *harness) expectIngestion(t *testing.T) {
	want := h.ref.posted
	var got ingestion
	h.p.await("all events in the ledger", 60*time.Second, func() (err error) {
		if got, err = h.p.ingestion(h.begin); err == nil && got.Totals.Accepted < want.accepted {
			err = fmt.Errorf("%d of %d are settled", got.Totals.Accepted, want.accepted)
		}
		return err
	})
	refused := 0
	for _, n := range got.Totals.Refused {
		refused += n
	}
	totals := got.Totals
	if stored := h.result.Load.Issued; totals.Stored != stored || totals.Repeated != totals.Accepted-stored || totals.Conflicting != 0 || len(totals.Quarantined) != 0 {
		t.Errorf("%d events were made: %+v", stored, totals)
	}
	if totals.Received != totals.Accepted+refused {
		t.Errorf("received is not accepted and refused: %+v", totals)
	}
	if want.busy == 0 && (totals.Accepted != want.accepted || refused != want.refused) {
		t.Errorf("%d were accepted and %d refused: %+v", want.accepted, want.refused, totals)
	}
	t.Logf("received %d = accepted %d + refused %d; accepted = stored %d + repeated %d", totals.Received, totals.Accepted, refused, totals.Stored, totals.Repeated)
}

// expectClosed waits until the ledger is complete past a moment and nothing is unaccounted for.
func (h *harness) expectClosed(t *testing.T, after time.Time) {
	var got ingestion
	h.p.await("the ledger to close", 90*time.Second, func() (err error) {
		got, err = h.p.ingestion(h.begin)
		switch {
		case err != nil:
			return err
		case got.CompleteUntil == nil || got.CompleteUntil.Before(after):
			return fmt.Errorf("complete until %v", got.CompleteUntil)
		}
		return nil
	})
	if got.Unaccounted != 0 || got.Missing != 0 {
		t.Errorf("unaccounted %d, missing %d", got.Unaccounted, got.Missing)
	}
	t.Logf("closed after faults: received %d, accepted %d, stored %d, repeated %d, refused %v", got.Totals.Received, got.Totals.Accepted, got.Totals.Stored, got.Totals.Repeated, got.Totals.Refused)
}
