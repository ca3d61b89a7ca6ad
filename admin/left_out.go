package admin

import "strconv"

// LeftOut names a workspace of which a list over all workspaces shows nothing, and why.
type LeftOut struct {
	WorkspaceID string `json:"workspace_id" example:"17"`
	Code        string `json:"code" enum:"second_factor_needed" doc:"The code with which a request about this workspace alone is refused." example:"second_factor_needed"`
}

// WithLeftOut is in the answer of every list that is bound to no workspace.
type WithLeftOut struct {
	LeftOut []LeftOut `json:"left_out,omitempty" doc:"Workspaces of one's own of which nothing is shown here, for example because they demand a second factor."`
}

// leftOut are the workspaces that bar the caller.
func (c caller) leftOut() WithLeftOut {
	var all WithLeftOut
	for _, id := range c.barred {
		all.LeftOut = append(all.LeftOut, LeftOut{WorkspaceID: strconv.FormatInt(id, 10), Code: string(secondFactorNeeded)})
	}
	return all
}

// reach refuses what is about a workspace that bars the caller. Others are judged elsewhere.
func (c caller) reach(workspace string) error {
	for _, id := range c.barred {
		if strconv.FormatInt(id, 10) == workspace {
			return withoutFactor()
		}
	}
	return nil
}
