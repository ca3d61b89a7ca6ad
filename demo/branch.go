package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"noctra/demo/internal/crowd"
	"noctra/demo/internal/owner"
)

const (
	setUpTime   = 15 * time.Second // that history waits for the owner
	mostPause   = time.Minute
	reviewAge   = 5 * day // what is older was looked at
	reviewsSoon = 15 * time.Second
	reviewsFor  = 5 * time.Minute // after the start, while history still comes in
	reviewsPace = 6 * time.Hour
)

// work is what the shop's owner does besides selling.
type work struct {
	service *Service
	keys    keys
	run     func(func() error)
	file    string // that remembers what was done
	branch  owner.Branch
}

// setUp does once what is to be done once: who undoes it later meant it.
func (w *work) setUp(ctx context.Context) error {
	raw, err := os.ReadFile(w.file)
	if err == nil {
		err = json.Unmarshal(raw, &w.branch)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, setUpTime)
	defer cancel()
	return w.asOwner(ctx, func(o *owner.Owner) error {
		site, now := strconv.FormatUint(uint64(w.keys.Site), 10), w.service.deps.Now().UTC()
		if err := o.MapQuotes(ctx, site, crowd.GoalQuote, now); err != nil {
			return err
		}
		if w.branch, err = o.OpenBranch(ctx, now); err != nil {
			return err
		}
		return writeJSON(w.file, w.branch)
	})
}

// asOwner signs in for as long as do takes.
func (w *work) asOwner(ctx context.Context, do func(*owner.Owner) error) error {
	o, err := owner.Enter(ctx, w.keys.SignInURL, strconv.FormatUint(uint64(w.keys.Workspace), 10))
	if err != nil {
		return err
	}
	return errors.Join(do(o), o.Leave(ctx))
}

// goOn sets up what could not be set up at first, opens the branch, and looks through its orders now and then.
func (w *work) goOn(ctx context.Context, err error) error {
	log := w.service.deps.Log
	for wait := 2 * time.Second; err != nil; wait = min(2*wait, mostPause) {
		if owner.Final(err) {
			log.Warn("the demo's owner may not set up conversions and a branch; the shop goes on without", "error", err.Error())
			return nil
		}
		log.Info("the demo's owner has not set everything up yet, it is tried again", "error", err.Error())
		if err := pause(ctx, wait); err != nil {
			return err
		}
		err = w.setUp(ctx)
	}
	b := w.branch
	if b.SiteKey == "" {
		return nil
	}
	site, err := strconv.ParseUint(b.Site, 10, 64)
	if err != nil {
		return fmt.Errorf("read the branch in %q: %w", w.file, err)
	}
	k := keys{Site: siteNumber(site), Workspace: w.keys.Workspace, SiteKey: b.SiteKey, ServerKey: b.ServerKey, Hostname: b.Hostname}
	if err := w.service.open(ctx, place{shop: crowd.Branch(), keys: k, seed: w.service.cfg.Seed + 1, progress: "history-branch.json", zone: 5 * time.Hour}, w.run); err != nil {
		return err
	}
	return w.review(ctx)
}

// review approves orders that nobody found anything wrong with; those of the last five days still wait.
func (w *work) review(ctx context.Context) error {
	begin := w.service.deps.Now()
	for {
		now := w.service.deps.Now()
		wait := reviewsPace
		if now.Sub(begin) < reviewsFor {
			wait = reviewsSoon
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		ids, err := owner.Waiting(ctx, strings.TrimSuffix(w.service.cfg.AdminURL, "/"), w.keys.APIKey, w.branch.Site, now.Add(-reviewAge))
		if err == nil && len(ids) > 0 {
			err = w.asOwner(ctx, func(o *owner.Owner) error { return o.Approve(ctx, ids) })
		}
		if err != nil && ctx.Err() == nil {
			w.service.deps.Log.Info("orders of the branch not looked through, it is tried again", "error", err.Error())
		}
	}
}
