package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// SignInTiming is what sign-ins with passwords, as many as go, did to themselves and to others.
type SignInTiming struct {
	PerSecond   float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P95         float64 `json:"p95_ms"`
	OthersP50   float64 `json:"others_p50_ms"` // GET /api/v1/me of somebody who is signed in
	OthersP95   float64 `json:"others_p95_ms"`
	OthersAlone float64 `json:"others_alone_p95_ms"` // the same without sign-ins
	CPU         float64 `json:"admin_cpu_ms_each"`
	PostgresCPU float64 `json:"postgres_cpu_ms_each"`
	Resident    int64   `json:"admin_peak_resident_bytes"`
}

const askEvery = 20 * time.Millisecond // how often somebody else asks

// signIns has four people for each core sign in without a pause, each in a browser that was here before,
// while somebody else asks for something small.
func (p *product) signIns(ctx context.Context, t *town, duration time.Duration) (s SignInTiming, err error) {
	people, err := p.people(ctx, t)
	if err != nil {
		return s, err
	}
	other := p.visitor(t.session)
	alone, err := other.asks(ctx, duration/4)
	if err != nil {
		return s, err
	}
	_, s.OthersAlone = percentiles(alone)
	before, err := p.used("admin", "postgres")
	if err != nil {
		return s, err
	}
	group, signing := errgroup.WithContext(ctx)
	took := make([][]time.Duration, len(people))
	var others []time.Duration
	started := time.Now()
	for i, one := range people {
		group.Go(func() (err error) {
			took[i], err = one.signsIn(signing, duration)
			return err
		})
	}
	group.Go(func() (err error) {
		others, err = other.asks(signing, duration)
		return err
	})
	if err := group.Wait(); err != nil {
		return s, err
	}
	elapsed := time.Since(started)
	after, err := p.used("admin", "postgres")
	if err != nil {
		return s, err
	}
	var all []time.Duration
	for _, each := range took {
		all = append(all, each...)
	}
	n := float64(len(all))
	s.PerSecond, s.CPU, s.PostgresCPU = n/elapsed.Seconds(), (after[0]-before[0])*1000/n, (after[1]-before[1])*1000/n
	s.P50, s.P95 = percentiles(all)
	s.OthersP50, s.OthersP95 = percentiles(others)
	s.Resident, err = peakBytes(p.Pids["admin"])
	return s, err
}

// people signs four for each core in, so that their browsers are known.
func (p *product) people(ctx context.Context, t *town) ([]*person, error) {
	people := make([]*person, 4*runtime.NumCPU())
	for i := range people {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		people[i] = &person{client: &http.Client{Jar: jar, Timeout: time.Minute}, url: p.AdminURL, email: t.email(1000 + i)}
		if err := people[i].signIn(ctx); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// used is the CPU time of processes, with those below them, in seconds.
func (p *product) used(names ...string) ([]float64, error) {
	all := make([]float64, len(names))
	for i, name := range names {
		var err error
		if all[i], err = treeSeconds(p.Pids[name]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// asks asks for something small, at an even pace, and returns how long each answer took.
func (v *visitor) asks(ctx context.Context, duration time.Duration) (all []time.Duration, err error) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for end := time.Now().Add(duration); time.Now().Before(end); {
		took, _, err := v.call(ctx, http.MethodGet, "/api/v1/me", "")
		if err != nil {
			return nil, err
		}
		all = append(all, took)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// person signs in with a password.
type person struct {
	client *http.Client
	url    string
	email  string
}

func (p *person) signIn(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{"email": p.email, "password": benchPassword})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/account/sign-in", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("sign in of %s answered %d", p.email, answer.StatusCode))
	}
	return nil
}

func (p *person) signsIn(ctx context.Context, duration time.Duration) (all []time.Duration, err error) {
	for end := time.Now().Add(duration); time.Now().Before(end); {
		begin := time.Now()
		if err := p.signIn(ctx); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begin))
	}
	return all, nil
}
