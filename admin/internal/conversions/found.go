package conversions

import (
	"context"
	"fmt"
	"strings"

	"noctra/schema"
)

// arm is conditions under which conversions are found by one range of one index. A filter has one or several;
// what is in two of them is found once.
type arm func(c *clauses)

// kept says which actions of a scope are kept from sending, by reason (see blocking).
type kept map[string][]int64

func keptOf(ctx context.Context, q Querier, scope Scope) (kept, error) {
	type action struct {
		ID     int64
		Reason string
	}
	sites := &clauses{}
	scope.of(sites, "a")
	all, err := collect[action](ctx, q, "list actions that are kept", `SELECT a.id, `+blocking+` AS reason FROM conversion_actions a JOIN google_connections g ON g.id = a.connection_id JOIN workspaces w ON w.id = a.workspace_id
WHERE `+sites.where()+` AND `+blocking+` IS NOT NULL`, sites.args...)
	if err != nil {
		return nil, err
	}
	by := kept{}
	for _, a := range all {
		by[a.Reason] = append(by[a.Reason], a.ID)
	}
	return by, nil
}

// of are the actions that are kept for one of the reasons; for any of them without.
func (k kept) of(reasons ...string) (actions []int64) {
	if len(reasons) == 0 {
		for _, ids := range k {
			actions = append(actions, ids...)
		}
	}
	for _, reason := range reasons {
		actions = append(actions, k[reason]...)
	}
	return actions
}

// ids are the arms that select what the filter chooses, each up to a most, in the order of lists or in none. All
// that the columns of an index can tell is asked of it alone, since what it finds may be a million that the
// other conditions leave out. It is empty where there is nothing to be found.
func (f Filter) ids(ctx context.Context, q Querier, scope Scope, most int, order string) (string, *clauses, error) {
	f, found, err := f.narrow(ctx, q, scope)
	if err != nil || !found {
		return "", nil, err
	}
	var actions kept
	if f.Reason != "" || f.NeedsPerson {
		if actions, err = keptOf(ctx, q, scope); err != nil {
			return "", nil, err
		}
	}
	all := &clauses{}
	limit := all.arg(most)
	from := "conversions c"
	if f.ofSale() {
		from += " JOIN sales s ON s.id = c.sale_id"
	}
	var selects []string
	for _, state := range f.stateArms() {
		for _, reason := range f.reasonArms(actions) {
			for _, need := range f.needArms(scope, actions) {
				c := &clauses{args: all.args}
				f.conditions(c, scope)
				state(c)
				reason(c)
				need(c)
				all.args = c.args
				selects = append(selects, fmt.Sprintf("(SELECT c.id FROM %s WHERE %s %s LIMIT %s)", from, c.where(), order, limit))
			}
		}
	}
	return strings.Join(selects, "\nUNION ALL "), all, nil
}

func anything(*clauses) {}

// stateArms find states by their stage, one by one; what is under way, by its requests, as among millions that were
// sent there may be few.
func (f Filter) stateArms() (arms []arm) {
	stage := func(name, more string) arm {
		return func(c *clauses) {
			c.and("c.stage = %s", name)
			if more != "" {
				c.and(more)
			}
		}
	}
	for _, state := range f.States {
		switch state {
		case Retracted:
			arms = append(arms, func(c *clauses) { c.and("c.retracted AND c.state = 'accepted'") })
		case Restated:
			arms = append(arms, stage("restated", "NOT c.retracted"))
		case string(schema.UploadAccepted):
			arms = append(arms, stage("sent", "c.state = 'accepted'"), stage("restated", ""))
		case string(schema.UploadSending), string(schema.UploadReceived):
			arms = append(arms, stage("sent", fmt.Sprintf("c.state = '%[1]s' AND c.attempt_id IN (SELECT t.id FROM upload_attempts t WHERE t.state = '%[1]s')", state)))
		case None: // see ofSales
		default:
			arms = append(arms, stage(state, ""))
		}
	}
	if arms == nil {
		return []arm{anything}
	}
	return arms
}

// stages are all values of the column.
func stages() []string {
	return []string{"waiting", "ready", "sent", "restated", "rejected", "unknown", "held", "superseded"}
}

// reasonArms find a reason as lists show it: that of the conversion, or of what keeps a ready one from being sent.
func (f Filter) reasonArms(actions kept) []arm {
	if f.Reason == "" {
		return []arm{anything}
	}
	own := func(stage string) arm {
		return func(c *clauses) {
			c.and("c.stopped_by = %s", f.Reason)
			c.equal("c.stage", stage)
			if len(actions) > 0 && (stage == "" || stage == "ready") {
				c.and("(c.stage <> 'ready' OR c.mapping_id <> ALL(%s))", actions.of())
			}
		}
	}
	arms := []arm{own("")}
	if len(f.States) == 0 && !f.NeedsPerson && f.Search+f.EventID+f.OrderID == "" && f.Conversions == nil {
		arms = nil // the index has reasons by stage; what is above has one already, or is a few by another index
		for _, stage := range stages() {
			arms = append(arms, own(stage))
		}
	}
	if ids := actions.of(f.Reason); ids != nil {
		arms = append(arms, ofActions(ids))
	}
	if f.Reason == schema.ReasonNotFinal { // which is in no index
		arms = append(arms, func(c *clauses) {
			c.and("c.stage = 'sent' AND c.state = 'received' AND c.reason = %s AND c.attempt_id IN (SELECT t.id FROM upload_attempts t WHERE t.state = 'received')", f.Reason)
		})
	}
	return arms
}

func ofActions(ids []int64) arm {
	return func(c *clauses) { c.and("c.stage = 'ready' AND c.mapping_id = ANY(%s)", ids) }
}

// needArms find what somebody of the workspace has to do something about.
func (f Filter) needArms(scope Scope, actions kept) []arm {
	if !f.NeedsPerson {
		return []arm{anything}
	}
	codes := needing()
	arms := []arm{func(c *clauses) {
		c.and("c.stopped_by IS NOT NULL AND c.stopped_by = ANY(%s) AND c.stage IN ('waiting', 'held', 'rejected', 'unknown')", codes)
	}, func(c *clauses) {
		c.and(`c.id IN (SELECT j.conversion_id FROM conversion_actions o JOIN adjustments j ON j.mapping_id = o.id WHERE o.workspace_id = %s AND j.state IN `+stuck+` AND j.reason = ANY(%s))`, scope.Workspace, codes)
	}}
	if ids := actions.of(codes...); ids != nil {
		arms = append(arms, ofActions(ids))
	}
	return arms
}
