package e2e

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sample is what a process held at a moment.
type sample struct {
	At         time.Duration // since the begin of the run
	Process    string
	Rest       bool // after a round, when nothing was under way
	MiB        float64
	Files      int
	Goroutines int // 0: the process tells none, or did not answer
	Parts      int // of ClickHouse, active
}

// sampler takes samples through a run.
type sampler struct {
	p     *product
	begin time.Time

	mu  sync.Mutex
	all []sample
}

const sampleEvery = 5 * time.Second

// run samples until ctx ends. Processes that are just being started again are left out.
func (s *sampler) run(ctx context.Context) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.take(false)
		}
	}
}

// take samples every process once.
func (s *sampler) take(rest bool) {
	ready, err := readReadyFile(s.p.data)
	if err != nil {
		return
	}
	at := time.Since(s.begin)
	for name, pid := range ready.Pids {
		one := sample{At: at, Process: name, Rest: rest, MiB: residentMiB(pid), Files: openFiles(pid)}
		if one.MiB == 0 {
			continue
		}
		if address := ready.Metrics[name]; address != "" {
			if metrics, err := scrape(address); err == nil {
				one.Goroutines = int(metrics["go_goroutines"])
			}
		}
		if name == "clickhouse" {
			asked := &product{ready: ready}
			if row, err := asked.sqlRow("SELECT count() FROM system.parts WHERE active AND database = 'noctra'"); err == nil && len(row) == 1 {
				one.Parts, _ = strconv.Atoi(row[0])
			}
		}
		s.mu.Lock()
		s.all = append(s.all, one)
		s.mu.Unlock()
	}
}

func residentMiB(pid int) float64 {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fields := strings.Fields(string(body))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

func openFiles(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(entries)
}

// writeCSV keeps all samples.
func (s *sampler) writeCSV(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := os.Create(filepath.Join(dir, "samples.csv"))
	if err != nil {
		return err
	}
	w := csv.NewWriter(file)
	_ = w.Write([]string{"seconds", "process", "at_rest", "rss_mib", "open_files", "goroutines", "active_parts"})
	for _, x := range s.all {
		_ = w.Write([]string{
			strconv.FormatFloat(x.At.Seconds(), 'f', 1, 64), x.Process, strconv.FormatBool(x.Rest),
			strconv.FormatFloat(x.MiB, 'f', 1, 64), strconv.Itoa(x.Files), strconv.Itoa(x.Goroutines), strconv.Itoa(x.Parts),
		})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return file.Close()
}

// trend compares a figure at rest of the first and the last quarter of a run, by its median.
type trend struct {
	Process string  `json:"process"`
	Figure  string  `json:"figure"`
	First   float64 `json:"first_quarter"`
	Last    float64 `json:"last_quarter"`
	Flat    bool    `json:"flat"`
}

// figures are compared with a tolerance: growth by a factor, and by something small besides.
var figures = []struct {
	name          string
	of            func(sample) float64
	factor, small float64
}{
	{"resident MiB", func(s sample) float64 { return s.MiB }, 1.25, 48},
	{"open files", func(s sample) float64 { return float64(s.Files) }, 1.25, 30},
	{"goroutines", func(s sample) float64 { return float64(s.Goroutines) }, 1.25, 30},
	{"active parts", func(s sample) float64 { return float64(s.Parts) }, 1.25, 60},
}

// keeps is what a process may hold more of after an hour. The embedded Kafka has 64 MiB of consumed
// messages a partition in memory, by its settings, once that many were sent. An aggregator that was
// killed reads what waited in large batches, and gives the memory back a minute later; the busier the
// machine, the more waits.
var keeps = map[string]float64{"kafka resident MiB": 2 * 64 * partitions, "aggregator resident MiB": 96}

// trends needs rounds enough for quarters; fewer have none.
func (s *sampler) trends() []trend {
	s.mu.Lock()
	defer s.mu.Unlock()
	byProcess := map[string][]sample{}
	for _, x := range s.all {
		if x.Rest {
			byProcess[x.Process] = append(byProcess[x.Process], x)
		}
	}
	var out []trend
	for _, process := range slices.Sorted(maps.Keys(byProcess)) {
		at := byProcess[process]
		quarter := len(at) / 4
		if quarter < 2 {
			continue
		}
		for _, figure := range figures {
			first, last := median(at[:quarter], figure.of), median(at[len(at)-quarter:], figure.of)
			if first == 0 && last == 0 {
				continue
			}
			out = append(out, trend{process, figure.name, first, last, last <= first*figure.factor+figure.small+keeps[process+" "+figure.name]})
		}
	}
	return out
}

func median(samples []sample, of func(sample) float64) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
