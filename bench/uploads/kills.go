package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"noctra/internal/proc"
)

// KillsOptions are how much is sent, and what is done to it.
type KillsOptions struct {
	Conversions int // four fifths by Data Manager, the rest by the Google Ads API
	Adjustments int // partial refunds; of those by the Google Ads API every other is a full one
	Kills       int // kill -9 of one of two uploaders
	Pieces      int // in which sales come, sixteen between two kills
	Every       time.Duration
	Lease       time.Duration // until rows of a killed uploader are sent again
	Log         io.Writer
}

// KillsReport says what came of it.
type KillsReport struct {
	Conversions int      `json:"conversions"`
	Adjustments int      `json:"adjustments"`
	Kills       int      `json:"kills"`
	Requests    int      `json:"requests"`
	Lost        int      `json:"attempts_without_an_answer"`
	Took        float64  `json:"took_s"`
	Wrong       []string `json:"wrong"` // where Postgres and the ledger differ, at most twenty
}

// faults are those of the figure: 10 % lost replies, 5 % 5xx, 2 % 429, whatever is asked.
const faults = `[{"kind": "drop_reply", "rate": 0.1}, {"kind": "status", "status": 503, "rate": 0.05}, {"kind": "status", "status": 429, "rate": 0.02}]`

// Kills has two uploaders send everything while they are killed in turn.
func (r *Rig) Kills(ctx context.Context, o KillsOptions) (report KillsReport, err error) {
	began := time.Now()
	var shops [2]int64
	for i, s := range []Shop{ManagerShop, AdsShop} {
		if shops[i], err = r.connect(ctx, s); err != nil {
			return report, err
		}
	}
	if err := r.Faults(ctx, faults); err != nil {
		return report, err
	}
	fleet := &fleet{rig: r, flags: []string{"--google-status-after=150ms", "--google-back-off=50ms", "--google-requests-per-minute=100000", "--google-requests-per-day=100000000",
		fmt.Sprint("--google-timeout=", o.Lease/2), fmt.Sprint("--google-lease=", o.Lease)}}
	defer func() { err = errors.Join(err, fleet.stop()) }()
	if err := fleet.startAll(2); err != nil {
		return report, err
	}
	killing, stopKilling := context.WithCancel(ctx)
	var group sync.WaitGroup
	var killErr error
	group.Go(func() { report.Kills, killErr = fleet.kill(killing, o) })
	var sellErr error
	group.Go(func() { sellErr = r.sell(killing, shops, o) })
	err = errors.Join(r.refund(ctx, shops, o), r.settled(ctx, o))
	if err != nil {
		stopKilling()
	}
	group.Wait() // all kills are made, also where everything was sent before
	stopKilling()
	if err = errors.Join(err, killErr, sellErr); err != nil {
		return report, err
	}
	if err := errors.Join(r.Faults(ctx, `[]`), r.settled(ctx, o)); err != nil {
		return report, err
	}
	if err := r.judge(ctx, &report); err != nil {
		return report, err
	}
	report.Took = time.Since(began).Seconds()
	return report, nil
}

// fleet is uploaders that are processes of their own.
type fleet struct {
	rig      *Rig
	flags    []string
	children []*proc.Child
}

func (f *fleet) startAll(n int) error {
	for range n {
		child, err := f.start()
		if err != nil {
			return err
		}
		f.children = append(f.children, child)
	}
	return nil
}

func (f *fleet) start() (*proc.Child, error) {
	child, err := f.rig.start(append(f.rig.flags[:len(f.rig.flags):len(f.rig.flags)], f.flags...))
	if err != nil {
		return nil, fmt.Errorf("start uploader: %w", err)
	}
	return child, nil
}

// kill kills one uploader after the other, and starts it again. It returns how many it killed.
func (f *fleet) kill(ctx context.Context, o KillsOptions) (killed int, err error) {
	ticker := time.NewTicker(o.Every)
	defer ticker.Stop()
	for killed < o.Kills {
		select {
		case <-ctx.Done():
			return killed, nil
		case <-ticker.C:
		}
		at := killed % len(f.children)
		select {
		case <-f.children[at].Exited():
			return killed, fmt.Errorf("an uploader ended by itself: %w", f.children[at].Err())
		default:
		}
		f.children[at].Kill()
		<-f.children[at].Exited()
		killed++
		if f.children[at], err = f.start(); err != nil {
			return killed, err
		}
		if o.Log != nil && killed%5 == 0 {
			_, _ = fmt.Fprintf(o.Log, "  %d of %d kills\n", killed, o.Kills)
		}
	}
	return killed, nil
}

func (f *fleet) stop() error {
	for _, child := range f.children {
		child.Kill()
		<-child.Exited()
	}
	return nil
}
