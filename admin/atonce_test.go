package admin

import (
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Three who make the same change at once, on every route that changes or deletes something that others
// may change, too: one of them does it, and the others are told that somebody else was first. A route
// that is added is tried as well.
func TestChangesAtOnce(t *testing.T) {
	r := start(t, withGoogle(t))
	spec := readSpec(r)
	w := walk{rig: r, schemas: spec.schemas}
	reads := map[string]operation{}
	for _, op := range spec.operations {
		if op.method == "GET" {
			reads[op.path] = op
		}
	}
	for _, op := range spec.operations {
		if op.Permission == grants[ownLogin].name || !slices.Contains([]string{"PATCH", "PUT", "DELETE"}, op.method) {
			continue
		}
		at := w.scene("TWO")
		r.sql(`UPDATE members SET role = 'billing' WHERE account_id = $1::text::bigint`, at.member) // so that the example changes it
		owner := w.walker(at.workspace, "owner")
		if op.ID == "demand-second-factor" { // the example takes the demand back
			r.sql(`UPDATE sessions SET method = 'passkey'`)
			r.sql(`UPDATE workspaces SET second_factor = true WHERE id = $1::text::bigint`, at.workspace)
		}
		headers := []string{"Cookie", owner.cookie}
		conditional := slices.ContainsFunc(spec.details[op.ID].Parameters, func(p struct{ Name, In string }) bool { return p.Name == "If-Match" })
		switch {
		case conditional:
			about, ok := reads[op.path]
			if !ok { // one setting of the whole
				about = reads[path.Dir(op.path)]
			}
			read := w.send(about, at, headers...)
			tag := read.header.Get("ETag")
			if tag == "" {
				t.Errorf("%s: GET %s has no ETag: %d %s", op.ID, op.path, read.status, read.body)
				continue
			}
			if a := w.send(op, at, append(headers, "If-Match", `"0"`)...); a.status != 412 || a.code() != "changed_meanwhile" {
				t.Errorf("%s with the tag of another state: %d %s", op.ID, a.status, a.body)
			}
			headers = append(headers, "If-Match", tag)
		case op.method != "DELETE":
			t.Errorf("%s: others may change this, too, and it takes no If-Match", op.ID)
		}
		w.once(op, at, headers)
	}
}

// once sends a change three times at once, and then again.
func (w walk) once(op operation, at scene, headers []string) {
	w.t.Helper()
	answers := make(chan reply, 4)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { answers <- w.send(op, at, headers...) })
	}
	group.Wait()
	answers <- w.send(op, at, headers...)
	close(answers)
	won := 0
	for a := range answers {
		late := a.code() == "changed_meanwhile" || op.method == "DELETE" && (a.code() == "not_found" || a.code() == "conflict")
		switch {
		case a.status < 300:
			won++
		case !late || strings.TrimSpace(a.problem(w.t).Detail) == "":
			w.t.Errorf("%s, too late: %d %s", op.ID, a.status, a.body)
		}
	}
	if won != 1 {
		w.t.Errorf("%s: %d of four did it, want 1", op.ID, won)
	}
}
