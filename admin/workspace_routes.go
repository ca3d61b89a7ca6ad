package admin

import "net/http"

// workspaceRoutes lists what is done with workspaces, their members and their audit.
func (s *Service) workspaceRoutes() []route {
	return []route{
		{beforeSignIn, http.MethodPost, "/api/v1/invitations/look", "look-at-invitation", "What an invitation is about, by its link", 200, handle(s, s.lookAtInvitation)},
		{beforeSignIn, http.MethodPost, "/api/v1/invitations/join", "join-by-invitation", "Make an account of the address that was invited, join, and sign in; the mailed link proves the address", 200, handle(s, s.joinByInvitation)},
		{ownLogin, http.MethodPost, "/api/v1/invitations/accept", "accept-invitation", "Join a workspace; the account has to be of the address that was invited", 200, handle(s, s.acceptInvitation)},
		{ownLogin, http.MethodGet, "/api/v1/workspaces", "list-workspaces", "One's workspaces, with one's role in each", 200, handle(s, s.listWorkspaces)},
		{ownLogin, http.MethodPost, "/api/v1/workspaces", "create-workspace", "Make a workspace that one owns", 201, handle(s, s.createWorkspace)},
		{seeWorkspace, http.MethodGet, "/api/v1/workspaces/{workspace_id}", "workspace", "A workspace, with one's role in it", 200, handle(s, s.workspace)},
		{editWorkspace, http.MethodPatch, "/api/v1/workspaces/{workspace_id}", "rename-workspace", "Change a workspace's name", 200, handle(s, s.renameWorkspace)},
		{demandSecondFactor, http.MethodPut, "/api/v1/workspaces/{workspace_id}/second-factor", "demand-second-factor", "Say whether members need a second factor; those without one may only leave", 200, handle(s, s.demandSecondFactor)},
		{leaveWorkspace, http.MethodPost, "/api/v1/workspaces/{workspace_id}/leave", "leave-workspace", "End one's own membership; the last owner stays", 204, handle(s, s.leaveWorkspace)},
		{transferOwnership, http.MethodPost, "/api/v1/workspaces/{workspace_id}/transfer", "transfer-workspace", "Make another member owner, and oneself admin", 204, handle(s, s.transferWorkspace)},
		{deleteWorkspace, http.MethodPost, "/api/v1/workspaces/{workspace_id}/delete", "delete-workspace", "Plan the deletion of a workspace and everything in it; it can be taken back for seven days", 202, handle(s, s.deleteWorkspace)},
		{deleteWorkspace, http.MethodPost, "/api/v1/workspaces/{workspace_id}/keep", "keep-workspace", "Take a planned deletion of a workspace back", 204, handle(s, s.keepWorkspace)},
		{manageMembers, http.MethodGet, "/api/v1/workspaces/{workspace_id}/members", "list-members", "Who belongs to a workspace", 200, handle(s, s.listMembers)},
		{manageMembers, http.MethodGet, "/api/v1/workspaces/{workspace_id}/members/{account_id}", "member", "One member", 200, handle(s, s.member)},
		{manageMembers, http.MethodPatch, "/api/v1/workspaces/{workspace_id}/members/{account_id}", "change-role", "Change a member's role; only owners make and unmake owners", 200, handle(s, s.changeRole)},
		{manageMembers, http.MethodDelete, "/api/v1/workspaces/{workspace_id}/members/{account_id}", "remove-member", "End somebody's membership", 204, handle(s, s.removeMember)},
		{manageMembers, http.MethodGet, "/api/v1/workspaces/{workspace_id}/invitations", "list-invitations", "Invitations that nobody has accepted yet", 200, handle(s, s.listInvitations)},
		{manageMembers, http.MethodPost, "/api/v1/workspaces/{workspace_id}/invitations", "invite", "Invite somebody by e-mail", 201, handle(s, s.invite)},
		{manageMembers, http.MethodPost, "/api/v1/workspaces/{workspace_id}/invitations/{invitation_id}/resend", "resend-invitation", "Send an invitation again; its link before is good no more", 200, handle(s, s.resendInvitation)},
		{manageMembers, http.MethodDelete, "/api/v1/workspaces/{workspace_id}/invitations/{invitation_id}", "revoke-invitation", "Take an invitation back", 204, handle(s, s.revokeInvitation)},
		{eraseData, http.MethodPost, "/api/v1/erasures", "erase", "Erase a person, a site or a workspace; until it is done, such events are kept out", 201, handle(s, s.erase)},
		{eraseData, http.MethodPost, "/api/v1/erasures/preview", "preview-erase", "What an erasure would find where; changes nothing", 200, handle(s, s.previewErase)},
		{eraseData, http.MethodGet, "/api/v1/erasures", "list-erasures", "What was erased or is being erased, with receipts", 200, handle(s, s.listErasures)},
		{eraseData, http.MethodGet, "/api/v1/erasures/{erasure_id}", "erasure", "How far an erasure is, and its receipt", 200, handle(s, s.oneErasure)},
		{readAudit, http.MethodGet, "/api/v1/workspaces/{workspace_id}/audit", "audit", "Who did what in a workspace, the newest first", 200, handle(s, s.audit)},
		{readAudit, http.MethodGet, "/api/v1/workspaces/{workspace_id}/audit/export", "export-audit", "The audit of a workspace as a file", 200, handle(s, s.exportAudit)},
	}
}
