package admin

import "net/http"

// googleRoutes lists what is done with connections to Google, and with what is uploaded by them.
func (s *Service) googleRoutes() []route {
	return []route{
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/google/consent", "begin-google", "Begin to connect an account at Google, or to connect it again: the address of Google's consent page", 200, handle(s, s.beginGoogle)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections", "list-google-connections", "List the connections to Google, those that ended as well", 200, handle(s, s.listGoogle)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/google/connections", "create-google-file", "Make a file that Google fetches by itself; its secret is shown once", 201, handle(s, s.createGoogleFile)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}", "google-connection", "One connection, with what it can be used for", 200, handle(s, s.googleConnection)},
		{manageUploads, http.MethodPatch, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}", "change-google-connection", "Choose the account of Google Ads, or by which API conversions are sent", 200, handle(s, s.changeGoogle)},
		{manageUploads, http.MethodDelete, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}", "disconnect-google", "End a connection: it is revoked at Google, and what came from there is deleted", 200, handle(s, s.disconnectGoogle)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/accounts", "google-accounts", "Accounts of Google Ads that the connection reaches, clients of managers among them", 200, handle(s, s.googleAccounts)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/actions", "google-actions", "Conversion actions of the account that take uploads", 200, handle(s, s.googleActions)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/probe", "probe-google", "Find out again by which API conversions can be sent", 200, handle(s, s.probeGoogle)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/secret", "replace-google-file-secret", "Make a new user and secret for a file; the ones before are good no more", 200, handle(s, s.replaceFileSecret)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/accesses", "google-accesses", "Every access to Google's data by purpose and hour", 200, handle(s, s.googleAccesses)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/google/connections/{connection_id}/fetches", "google-fetches", "When a file was fetched, and how much of it", 200, handle(s, s.googleFetches)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/conversion-actions", "list-conversion-actions", "Which events of which site become conversions of which action", 200, handle(s, s.listActions)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/conversion-actions", "create-conversion-action", "Have sales, or a goal, of a site sent to an action", 201, handle(s, s.createAction)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/conversion-actions/{mapping_id}", "conversion-action", "One of them", 200, handle(s, s.oneAction)},
		{manageUploads, http.MethodPatch, "/api/v1/workspaces/{workspace_id}/conversion-actions/{mapping_id}", "change-conversion-action", "Change what is sent, or pause it; what was not sent yet is decided again", 200, handle(s, s.changeAction)},
		{manageUploads, http.MethodDelete, "/api/v1/workspaces/{workspace_id}/conversion-actions/{mapping_id}", "remove-conversion-action", "Send no more; what was not sent yet is held", 204, handle(s, s.removeAction)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/conversion-actions/{mapping_id}/test", "test-conversion-action", "Have Google judge a made-up conversion that it does not keep", 200, handle(s, s.testAction)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/conversion-actions/{mapping_id}/trial", "try-conversion-action", "What a change would make of past sales; nothing is kept", 200, handle(s, s.tryAction)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/conversion-actions/trial", "try-new-conversion-action", "What an action would make of past sales that is not chosen yet; nothing is kept", 200, handle(s, s.tryNewAction)},
		{manageUploads, http.MethodGet, "/api/v1/workspaces/{workspace_id}/uploads", "uploads", "Whether uploads of the workspace are on hold", 200, handle(s, s.uploads)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/uploads/hold", "hold-uploads", "Send nothing to Google until it is released", 200, handle(s, s.holdUploads)},
		{manageUploads, http.MethodPost, "/api/v1/workspaces/{workspace_id}/uploads/release", "release-uploads", "Send again, what waited as well", 200, handle(s, s.releaseUploads)},
	}
}
