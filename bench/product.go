package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"noctra/internal/proc"
)

const (
	startLimit = 150 * time.Second
	stopLimit  = 25 * time.Second
)

// product is a whole `noctra up --demo` without traffic of its own, on data of its own. Processes
// that a measurement does not need are frozen, so that they take no CPU from it.
type product struct {
	child *proc.Child
	data  string
	log   bytes.Buffer

	AdminURL     string            `json:"admin_url"`
	CollectorURL string            `json:"collector_url"`
	Kafka        string            `json:"kafka"`
	ClickHouse   string            `json:"clickhouse"`
	Postgres     string            `json:"postgres"`
	Metrics      map[string]string `json:"metrics"`
	Pids         map[string]int    `json:"pids"`
	Demo         struct {
		SiteID    string `json:"site_id"`
		SiteKey   string `json:"site_key"`
		ServerKey string `json:"server_key"`
		APIKey    string `json:"api_key"`
	} `json:"demo"`
}

// startProduct brings the product up with extra flags for `noctra up`, for instance --kafka, and
// more environment for all its processes.
func startProduct(ctx context.Context, flags []string, env ...string) (*product, error) {
	data, err := os.MkdirTemp("", "noctra-bench-")
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	p := &product{data: data}
	args := []string{"up", "--demo", "--data", data}
	for _, flag := range []string{"--admin-addr", "--collector-addr", "--shop-addr"} {
		addr, err := freeAddr()
		if err != nil {
			return nil, err
		}
		args = append(args, flag, addr)
	}
	args = append(args, flags...)
	p.child, err = proc.Start(proc.Spec{Args: args, Env: append(env, "NOCTRA_DEMO_TRAFFIC=off", "NOCTRA_CANARY_EVERY=0"), Output: &p.log})
	if err != nil {
		return nil, err
	}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *product) awaitReady(ctx context.Context) error {
	return await(ctx, startLimit, 200*time.Millisecond, func() (bool, error) {
		select {
		case <-p.child.Exited():
			return false, fmt.Errorf("noctra up ended before it was ready: %w\n%s", p.child.Err(), p.log.Bytes())
		default:
		}
		text, err := os.ReadFile(filepath.Join(p.data, "ready.json"))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read ready.json: %w", err)
		}
		if err := json.Unmarshal(text, p); err != nil {
			return false, fmt.Errorf("read ready.json: %w", err)
		}
		return true, nil
	})
}

// stop ends the product and removes its data.
func (p *product) stop() error {
	_ = p.thaw("aggregator", "clickhouse", "admin", "demo", "collector")
	err := p.child.Stop(stopLimit)
	return errors.Join(err, os.RemoveAll(p.data))
}

// freeze stops processes where they are, with SIGSTOP; thaw lets them go on.
func (p *product) freeze(names ...string) error { return p.signal(syscall.SIGSTOP, names) }
func (p *product) thaw(names ...string) error   { return p.signal(syscall.SIGCONT, names) }

func (p *product) signal(sig syscall.Signal, names []string) error {
	for _, name := range names {
		pid := p.Pids[name]
		if pid == 0 {
			continue // an engine that was given by address, or a process that this build has not
		}
		if err := syscall.Kill(pid, sig); err != nil {
			return fmt.Errorf("send %s to %s: %w", sig, name, err)
		}
	}
	return nil
}

// counter sums a service's metric of that name over its labels.
func (p *product) counter(ctx context.Context, service, name string) (float64, error) {
	text, err := get(ctx, p.Metrics[service])
	if err != nil {
		return 0, err
	}
	var sum float64
	for line := range strings.Lines(string(text)) {
		metric, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if bare, _, _ := strings.Cut(metric, "{"); bare != name {
			continue
		}
		var value float64
		if _, err := fmt.Sscan(rest, &value); err != nil {
			return 0, fmt.Errorf("read metric %s: %q: %w", name, line, err)
		}
		sum += value
	}
	return sum, nil
}

// query asks the reports API and returns how long the answer took.
func (p *product) query(ctx context.Context, request map[string]any) (time.Duration, []byte, error) {
	request["site_id"] = p.Demo.SiteID
	body, err := json.Marshal(request)
	if err != nil {
		return 0, nil, fmt.Errorf("encode query: %w", err)
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, p.AdminURL+"/api/v1/query", bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make query: %w", err)
	}
	call.Header.Set("Authorization", "Bearer "+p.Demo.APIKey)
	call.Header.Set("Content-Type", "application/json")
	started := time.Now()
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		return 0, nil, fmt.Errorf("send query: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(started)
	if err != nil || answer.StatusCode != http.StatusOK {
		return took, text, errors.Join(err, fmt.Errorf("query %s answered %d: %s", body, answer.StatusCode, text))
	}
	return took, text, nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", url, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", url, err)
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}

// await asks check until it says yes or fails, or the limit is over.
func await(ctx context.Context, limit, every time.Duration, check func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if done, err := check(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", limit, ctx.Err())
		case <-ticker.C:
		}
	}
}

func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

// sql asks ClickHouse as the reader and returns the answer as tab-separated text.
func (p *product) sql(ctx context.Context, query string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.ClickHouse, strings.NewReader(query))
	if err != nil {
		return "", fmt.Errorf("ask clickhouse: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask clickhouse: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("ask clickhouse: %s", text)
	}
	return string(text), err
}
