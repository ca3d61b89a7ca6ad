package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// scrape reads the metrics of a process: name with labels → value.
func scrape(address string) (map[string]float64, error) {
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics answered %d", response.StatusCode)
	}
	found := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, number, ok := cutLast(lines.Text())
		value, err := strconv.ParseFloat(number, 64)
		if ok && err == nil && !strings.HasPrefix(name, "#") {
			found[name] = value
		}
	}
	return found, lines.Err()
}

func cutLast(line string) (before, after string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return line, "", false
	}
	return line[:i], line[i+1:], true
}

// mustBeZero are metrics, by the beginning of their names, that are 0 when nothing is under way.
var mustBeZero = map[string][]string{
	"collector":  {"noctra_unaccounted_events", "noctra_collector_spool_messages", "noctra_collector_inflight_bytes"},
	"aggregator": {"noctra_unaccounted_events", "noctra_aggregator_lag_messages", "noctra_aggregator_events_pending"},
	"admin":      {"noctra_unaccounted_events"},
	"uploader":   {"noctra_unaccounted_events"},
}

const partitions = 4 // of noctra.events

var errNotAtRest = errors.New("not at rest")

// atRest says whether everything that was accepted is settled: nothing spooled, nothing behind,
// nothing unaccounted for.
func (p *product) atRest() error {
	for service, names := range mustBeZero {
		metrics, err := scrape(p.ready.Metrics[service])
		if err != nil {
			return err
		}
		owned := 0 // partitions: those of an owner that died have no lag until they are taken over
		for name, value := range metrics {
			for _, prefix := range names {
				if !strings.HasPrefix(name, prefix) {
					continue
				}
				if strings.HasPrefix(name, "noctra_aggregator_lag_messages") {
					owned++
				}
				if value != 0 {
					return fmt.Errorf("%w: %s of %s is %v", errNotAtRest, name, service, value)
				}
			}
		}
		if service == "aggregator" && owned != partitions {
			return fmt.Errorf("%w: the aggregator has %d of %d partitions", errNotAtRest, owned, partitions)
		}
	}
	return nil
}
