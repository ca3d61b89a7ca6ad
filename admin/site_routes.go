package admin

import "net/http"

// siteRoutes lists what is done with sites themselves.
func (s *Service) siteRoutes() []route {
	return []route{
		{readReports, http.MethodGet, "/api/v1/sites", "list-sites", "List the sites", 200, handle(s, s.listSites)},
		{manageSites, http.MethodPost, "/api/v1/sites", "create-site", "Add a site", 201, handle(s, s.createSite)},
		{manageSites, http.MethodGet, "/api/v1/sites/{id}", "site", "A site with all its settings", 200, handle(s, s.site)},
		{manageSites, http.MethodPatch, "/api/v1/sites/{id}", "change-site", "Change settings of a site; what is not sent stays", 200, handle(s, s.changeSite)},
		{manageSites, http.MethodPost, "/api/v1/sites/{id}/archive", "archive-site", "Take no more events; reports stay", 200, handle(s, s.archiveSite)},
		{manageSites, http.MethodPost, "/api/v1/sites/{id}/unarchive", "unarchive-site", "Take events again", 200, handle(s, s.unarchiveSite)},
		{manageSites, http.MethodDelete, "/api/v1/sites/{id}", "delete-site", "Take no more events and show nothing; for seven days it can be taken back, then its data is erased", 200, handle(s, s.deleteSite)},
		{manageSites, http.MethodPost, "/api/v1/sites/{id}/restore", "restore-site", "Take a deleted site back, as it was", 200, handle(s, s.restoreSite)},
	}
}
