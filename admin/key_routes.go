package admin

import "net/http"

// keyRoutes lists what is done with keys, and the check of what comes with them.
func (s *Service) keyRoutes() []route {
	return []route{
		{readIngestion, http.MethodGet, "/api/v1/sites/{id}/installation", "installation", "Whether the snippet of a site works, from what came or was refused", 200, handle(s, s.installation)},
		{manageKeys, http.MethodPost, "/api/v1/sites/{id}/server-keys", "create-server-key", "Make a key that sends events of a site; it is shown once", 201, handle(s, s.createServerKey)},
		{manageKeys, http.MethodGet, "/api/v1/sites/{id}/server-keys", "list-server-keys", "List the keys that send events of a site", 200, handle(s, s.listServerKeys)},
		{manageKeys, http.MethodGet, "/api/v1/sites/{id}/server-keys/{key_id}", "server-key", "A key that sends events", 200, handle(s, s.serverKey)},
		{manageKeys, http.MethodPatch, "/api/v1/sites/{id}/server-keys/{key_id}", "change-server-key", "Change a key's name and end, and whether its requests have to be signed", 200, handle(s, s.changeServerKey)},
		{manageKeys, http.MethodPost, "/api/v1/sites/{id}/server-keys/{key_id}/rotate", "rotate-server-key", "Make a key that replaces another, which stays good for a while", 201, handle(s, s.rotateServerKey)},
		{manageKeys, http.MethodDelete, "/api/v1/sites/{id}/server-keys/{key_id}", "revoke-server-key", "Revoke a key that sends events", 204, handle(s, s.revokeServerKey)},
		{manageKeys, http.MethodPost, "/api/v1/api-keys", "create-api-key", "Make a key that reads reports; it is shown once", 201, handle(s, s.createAPIKey)},
		{manageKeys, http.MethodGet, "/api/v1/api-keys", "list-api-keys", "List the keys that read reports", 200, handle(s, s.listAPIKeys)},
		{manageKeys, http.MethodGet, "/api/v1/api-keys/{key_id}", "api-key", "A key that reads reports", 200, handle(s, s.apiKey)},
		{manageKeys, http.MethodPatch, "/api/v1/api-keys/{key_id}", "change-api-key", "Change a key's name, scopes and end", 200, handle(s, s.changeAPIKey)},
		{manageKeys, http.MethodPost, "/api/v1/api-keys/{key_id}/rotate", "rotate-api-key", "Make a key that replaces another, which stays good for a while", 201, handle(s, s.rotateAPIKey)},
		{manageKeys, http.MethodDelete, "/api/v1/api-keys/{key_id}", "revoke-api-key", "Revoke a key that reads reports", 204, handle(s, s.revokeAPIKey)},
	}
}
