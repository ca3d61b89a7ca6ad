package admin

import "net/http"

// rightsRoutes lists what people in the data have a right to: what is kept, copies, corrections, requests.
func (s *Service) rightsRoutes() []route {
	return []route{
		{seeWorkspace, http.MethodGet, "/api/v1/retention", "retention", "What is kept about whom and for how long, and what each of one's sites has set", 200, handle(s, s.retention)},
		{manageRights, http.MethodGet, "/api/v1/sites/{id}/retention-log", "retention-log", "What was deleted of a site because its time was over, the newest first", 200, handle(s, s.retentionLog)},

		{ownLogin, http.MethodPost, "/api/v1/account/export", "export-account", "Ask for a copy of one's account; mail says when it is ready", 201, handle(s, s.exportAccount)},
		{ownLogin, http.MethodGet, "/api/v1/account/exports", "list-account-exports", "Copies of one's account, the newest first", 200, handle(s, s.listAccountExports)},
		{ownLogin, http.MethodPost, "/api/v1/account/exports/{export_id}/link", "link-account-export", "A link that loads a copy of one's account for a day", 200, handle(s, s.linkAccountExport)},
		{ownLogin, http.MethodDelete, "/api/v1/account/exports/{export_id}", "delete-account-export", "Delete a copy of one's account", 204, handle(s, s.deleteAccountExport)},
		{manageRights, http.MethodPost, "/api/v1/workspaces/{workspace_id}/exports", "export-workspace", "Ask for a copy of a workspace with all events of its sites; mail says when it is ready", 201, handle(s, s.exportWorkspace)},
		{manageRights, http.MethodGet, "/api/v1/workspaces/{workspace_id}/exports", "list-exports", "Copies of a workspace, the newest first", 200, handle(s, s.listExports)},
		{manageRights, http.MethodPost, "/api/v1/workspaces/{workspace_id}/exports/{export_id}/link", "link-export", "A link that loads a copy for a day", 200, handle(s, s.linkExport)},
		{manageRights, http.MethodDelete, "/api/v1/workspaces/{workspace_id}/exports/{export_id}", "delete-export", "Delete a copy", 204, handle(s, s.deleteExport)},
		{ownLogin, http.MethodGet, "/api/v1/exports/file", "load-export", "The file of a copy, by its link; whoever loads it has to be signed in", 200, handle(s, s.loadExport)},

		{manageRights, http.MethodPost, "/api/v1/sites/{id}/events/find", "find-events", "Find events of a day, or one by its id, so that they can be corrected", 200, handle(s, s.findEvents)},
		{manageRights, http.MethodPost, "/api/v1/sites/{id}/events/{event_id}/corrections", "correct-event", "Replace values of an event, with a reason", 201, handle(s, s.correctEvent)},
		{manageRights, http.MethodGet, "/api/v1/sites/{id}/events/{event_id}/corrections", "list-event-corrections", "Corrections of an event, the newest first", 200, handle(s, s.listEventCorrections)},
		{manageRights, http.MethodGet, "/api/v1/sites/{id}/corrections", "list-corrections", "Corrections of events of a site, the newest first", 200, handle(s, s.listCorrections)},

		{beforeSignIn, http.MethodPost, "/api/v1/privacy/requests", "request", "Ask whoever runs a site about one's data; it counts once the address is confirmed", 202, handle(s, s.request)},
		{beforeSignIn, http.MethodPost, "/api/v1/privacy/requests/confirm", "confirm-request", "Confirm the address of a request by its link", 200, handle(s, s.confirmRequest)},
		{ownLogin, http.MethodPost, "/api/v1/account/requests", "request-signed-in", "Ask about one's data while signed in", 201, handle(s, s.requestSignedIn)},
		{ownLogin, http.MethodGet, "/api/v1/account/requests", "list-own-requests", "What one asked for while signed in, the newest first", 200, handle(s, s.listOwnRequests)},
		{manageRights, http.MethodGet, "/api/v1/workspaces/{workspace_id}/requests", "list-requests", "Requests of people about sites of a workspace, the newest first", 200, handle(s, s.listRequests)},
		{manageRights, http.MethodGet, "/api/v1/workspaces/{workspace_id}/requests/{request_id}", "privacy-request", "A request with its history", 200, handle(s, s.privacyRequest)},
		{manageRights, http.MethodPatch, "/api/v1/workspaces/{workspace_id}/requests/{request_id}", "handle-request", "Change the state of a request, with a note", 200, handle(s, s.handleRequest)},
	}
}
