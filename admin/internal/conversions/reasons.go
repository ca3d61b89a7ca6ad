package conversions

import "noctra/schema"

// reasonOf is why a conversion is where it is. What keeps a ready one from being sent is not written with
// it, as it holds for all of its connection, action or workspace alike.
const reasonOf = `CASE WHEN c.state = 'ready' THEN coalesce(` + blocking + `, c.reason) ELSE c.reason END`

// blocking is what keeps everything of an action a from being sent, by connection g of workspace w; NULL for nothing.
const blocking = `CASE WHEN g.problem IS NOT NULL THEN g.problem WHEN g.state <> 'active' THEN 'reconnect' WHEN w.uploads_held_at IS NOT NULL THEN 'workspace_held' WHEN a.paused THEN 'action_paused'
    WHEN a.removed_at IS NOT NULL THEN 'action_removed' WHEN g.paused_until > now() OR a.paused_until > now() THEN 'backing_off' END`

// nextOf is when something happens by itself: a pause after failures ends then.
const nextOf = `CASE WHEN c.state = 'ready' AND ` + blocking + ` = 'backing_off' THEN greatest(c.next_at, g.paused_until, a.paused_until) ELSE c.next_at END`

// stuck are states of adjustments in which a reason may ask for a person.
const stuck = `('waiting', 'held', 'rejected', 'unknown')`

// needing are the codes that somebody of the workspace has to do something about.
func needing() (codes []string) {
	for _, r := range schema.UploadReasons() {
		if r.Class == schema.UploadCustomer {
			codes = append(codes, r.Code)
		}
	}
	return codes
}
