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

// blocked chooses the actions of a workspace that are kept for a reason.
const blocked = `SELECT a.id FROM conversion_actions a JOIN google_connections g ON g.id = a.connection_id JOIN workspaces w ON w.id = a.workspace_id WHERE a.workspace_id = %s AND ` + blocking + ` = ANY(%s)`

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

// reasons adds what the filter says about why conversions are where they are, as lists show it.
func (f Filter) reasons(c *clauses, scope Scope) {
	if f.Reason != "" { // the first part is decided without the connection
		reason := c.arg(f.Reason)
		c.and("(c.reason = " + reason + " OR c.state = 'ready') AND " + reasonOf + " = " + reason)
	}
	if !f.NeedsPerson {
		return
	}
	codes := needing()
	n := &clauses{args: c.args}
	scope.of(n, "n")
	if !f.ByState {
		n.between("n.occurred_at", f)
	}
	of := n.where()
	c.args = n.args
	c.and(`c.id IN (SELECT n.id FROM conversions n WHERE `+of+` AND n.stopped_by IS NOT NULL AND n.stopped_by = ANY(%s) AND n.stage <> 'superseded'
    UNION ALL SELECT n.id FROM conversions n WHERE `+of+` AND n.stage = 'ready' AND n.mapping_id IN (`+blocked+`)
    UNION ALL SELECT j.conversion_id FROM adjustments j WHERE j.state IN `+stuck+` AND j.reason = ANY(%s))`, codes, scope.Workspace, codes, codes)
}
