package admin

import (
	"fmt"

	"noctra/admin/internal/token"
)

// rightsScene is what a scene has for the people in the data. home is the site that has the event.
type rightsScene struct{ export, request, event, home string }

// rightsOf gives a scene a copy that is ready and a request.
func (r *rig) rightsOf(s scene) rightsScene {
	r.t.Helper()
	of := rightsScene{event: "walk-" + s.site, home: s.site}
	err := r.pool.QueryRow(r.t.Context(), `WITH x AS (INSERT INTO exports (account_id, workspace_id, state, file, size, sha256, created_at, expires_at)
			SELECT m.account_id, m.workspace_id, 'ready', $2, 1, decode(repeat('00', 32), 'hex'), now(), now() + interval '1 hour'
			FROM members m WHERE m.workspace_id = $1::text::bigint AND m.role = 'owner' RETURNING id),
		p AS (INSERT INTO privacy_requests (workspace_id, kind, email, body, created_at, verified_at, due_at)
			VALUES ($1::text::bigint, 'access', 'somebody@walk.example', $3, now(), now(), now() + interval '30 days') RETURNING id)
		SELECT x.id::text, p.id::text FROM x, p`, s.workspace, token.New(""), s.mark).Scan(&of.export, &of.request)
	if err != nil {
		r.t.Fatal(err)
	}
	return of
}

// addEvent gives the scene an event, a sale.
func (r *rig) addEvent(s scene) {
	r.t.Helper()
	r.exec(fmt.Sprintf(`INSERT INTO events (site_id, workspace_id, event_id, kind, occurred_at, received_at, hostname, path, order_id, amount, currency)
		VALUES (%s, %s, '%s', 'sale', now64(3), now64(3), 'walk.example', '/', 'o', 1000000, 'EUR')`, s.home, s.workspace, s.event))
}
