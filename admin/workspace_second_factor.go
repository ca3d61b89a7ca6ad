package admin

import "context"

// passkeySession is the method of a session that began with a passkey, which is two factors in one.
const passkeySession = "passkey"

type demandInput struct {
	InWorkspace
	InChange
	Body struct {
		Required bool `json:"required" doc:"Whether members need a second factor. Whoever demands one has to have one." example:"false"`
	}
}

// demandSecondFactor says whether members of a workspace need a second factor.
func (s *Service) demandSecondFactor(ctx context.Context, in *demandInput) (*workspaceOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	return oneWorkspace(s.people.teams.DemandSecondFactor(ctx, callerOf(ctx).by(in.number()), in.IfMatch, in.Body.Required))
}

// withoutFactor is the answer to a member who has no second factor where the workspace demands one.
func withoutFactor() *fault {
	return refuse(secondFactorNeeded, "This workspace demands a second factor: turn two-step sign-in on in your account, or sign in with a passkey.")
}

// bars reports whether a workspace keeps the caller out until they have a second factor. They may still
// leave it.
func (c caller) bars(demanded bool, need permission) bool {
	return demanded && !c.strong && need != leaveWorkspace
}
