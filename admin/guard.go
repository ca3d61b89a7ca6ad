package admin

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"noctra/admin/internal/audit"
)

// guard lets only those through who may call the route, and not too often.
func (s *Service) guard(route route) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(c)
		w.Header().Set("Cache-Control", "no-store")
		who, err := s.admit(c, route)
		if err != nil {
			f := s.refused(c.Context(), err)
			s.noteRefusal(c.Context(), who, route, refusalOf(f.GetStatus(), true))
			s.writeProblem(w, f)
			return
		}
		c = huma.WithValue(c, callerKey{}, who)
		if key := r.Header.Get("Idempotency-Key"); key != "" && route.creates() {
			s.once(c, key, next)
		} else {
			next(c)
		}
		s.noteRefusal(c.Context(), who, route, refusalOf(c.Status(), false))
	}
}

// admit finds out who calls and whether they may.
func (s *Service) admit(c huma.Context, route route) (caller, error) {
	r, w := humago.Unwrap(c)
	var who caller
	err := again(c.Context(), func() (err error) {
		who, err = s.authorize(c.Context(), s.credentialsOf(r), route.need)
		return err
	})
	who.visit = s.visitOf(r)
	if err != nil {
		return who, err
	}
	if named := c.Param("workspace_id"); named != "" {
		if err := who.narrow(route.need, named); err != nil {
			return who, err
		}
	} else if route.need != beforeSignIn && route.need != ownLogin && !grants[route.need].keys && len(who.workspaces) == 0 {
		return who, route.need.missing()
	}
	return who, s.ration(w, who)
}

// ration takes one of the caller's requests, and says in the answer how many are left.
func (s *Service) ration(w http.ResponseWriter, who caller) error {
	wait := s.rates.take(who.bucket())
	if left := s.rates.left(who.bucket()); left.limit > 0 {
		h := w.Header()
		h.Set("RateLimit-Limit", strconv.Itoa(left.limit))
		h.Set("RateLimit-Remaining", strconv.Itoa(left.remaining))
		h.Set("RateLimit-Reset", strconv.Itoa(left.reset))
	}
	if wait > 0 {
		return &fault{kind: rateLimited, detail: "That are too many requests a second; ask again in a moment.", wait: wait}
	}
	return nil
}

// refusals remembers what was written down lately, so that somebody who is refused all the time does
// not fill the audit.
type refusals struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const (
	refusalEvery = time.Minute // one entry for each caller and route
	mostRefusals = 10_000
)

// fresh reports whether that was not written down lately, and remembers it.
func (r *refusals) fresh(what string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.last[what]; ok && now.Sub(at) < refusalEvery {
		return false
	}
	if r.last == nil || len(r.last) >= mostRefusals {
		r.last = map[string]time.Time{}
	}
	r.last[what] = now
	return true
}

// refusalOf is the action of an answer that forbids something, empty for others. At the door a 404 is for
// a workspace that is somebody else's, or nobody's.
func refusalOf(status int, atDoor bool) string {
	switch {
	case status == http.StatusForbidden:
		return "access.refused"
	case status == http.StatusNotFound && atDoor:
		return "access.foreign"
	}
	return ""
}

// noteRefusal writes into the audit that somebody who is known was forbidden something: into their own
// workspace's, or where they have several or none into the installation's.
func (s *Service) noteRefusal(ctx context.Context, who caller, route route, action string) {
	if action == "" || who.account == 0 && who.key == 0 || !s.refusals.fresh(who.bucket()+" "+action+" "+route.name, s.now()) {
		return
	}
	e := who.entry(0, action)
	switch {
	case len(who.workspaces) == 1:
		e.Workspace = who.workspaces[0]
	case len(who.roles) == 0 && len(who.barred) == 1:
		e.Workspace = who.barred[0]
	case len(who.roles) == 1:
		for id := range who.roles {
			e.Workspace = id
		}
	}
	e.Details = map[string]any{"route": route.name}
	if err := audit.Add(ctx, s.store, s.now(), e); err != nil {
		s.quiet.Error("refusal not noted in the audit", "error", err.Error())
	}
}
