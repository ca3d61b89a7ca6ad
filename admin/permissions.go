package admin

import (
	"slices"
	"strings"

	"noctra/admin/internal/workspaces"
)

// permission is what somebody needs to call a route. Every route of the table names one.
type permission uint8

const (
	beforeSignIn permission = iota + 1 // whoever asks
	ownLogin                           // a person, for what belongs to no workspace
	readReports
	readIngestion
	readConversions
	seeWorkspace
	leaveWorkspace
	editWorkspace
	manageMembers
	transferOwnership
	deleteWorkspace
	demandSecondFactor
	manageSites
	manageKeys
	manageGoals
	manageUploads
	manageRights
	eraseData
	readAudit
)

// grant says who has a permission.
type grant struct {
	name  string
	what  string
	keys  bool // API keys have it, those with the scope
	scope string
	roles []string // members who have it in their workspace; nil: it is not about workspaces
}

// grants is the one table of what each role may do; docs/roles.md is made of it.
var grants = map[permission]grant{
	beforeSignIn:       {name: "before_sign_in", what: "Sign up, sign in, look at an invitation"},
	ownLogin:           {name: "own_login", what: "One's own login and workspaces; make a workspace; accept an invitation"},
	readReports:        {name: "read_reports", what: "Sites and their reports", keys: true, scope: scopeReports, roles: readers()},
	readIngestion:      {name: "read_ingestion", what: "What became of the events of sites, and whether an installation works", keys: true, scope: scopeIngestion, roles: readers()},
	readConversions:    {name: "read_conversions", what: "Conversions, where each is on its way to Google, and what adds up", keys: true, scope: scopeConversions, roles: readers()},
	seeWorkspace:       {name: "see_workspace", what: "Name of the workspace and one's role", roles: workspaces.Roles()},
	leaveWorkspace:     {name: "leave_workspace", what: "Leave, unless one is the last owner", roles: workspaces.Roles()},
	editWorkspace:      {name: "edit_workspace", what: "Rename the workspace", roles: office()},
	manageMembers:      {name: "manage_members", what: "See, invite and remove members, change roles; owners only by owners", roles: office()},
	transferOwnership:  {name: "transfer_ownership", what: "Hand the workspace over", roles: []string{workspaces.Owner}},
	deleteWorkspace:    {name: "delete_workspace", what: "Plan the deletion of the workspace, and take it back", roles: []string{workspaces.Owner}},
	demandSecondFactor: {name: "demand_second_factor", what: "Demand a second factor of all members", roles: []string{workspaces.Owner}},
	manageSites:        {name: "manage_sites", what: "Add, set up, archive, delete and take back sites", roles: office()},
	manageKeys:         {name: "manage_keys", what: "Make, list, change, rotate and revoke server keys and API keys", roles: office()},
	manageGoals:        {name: "manage_goals", what: "Make, change and delete goals and funnels", roles: []string{workspaces.Owner, workspaces.Admin, workspaces.Analyst}},
	manageUploads:      {name: "manage_uploads", what: "Connect Google, choose what is uploaded, approve, hold and retry conversions", roles: []string{workspaces.Owner, workspaces.Admin, workspaces.CampaignManager}},
	manageRights:       {name: "manage_rights", what: "Copies of the workspace, corrections of events, requests of people, the log of retention", roles: office()},
	eraseData:          {name: "erase_data", what: "Erase people, sites, and (owners) the workspace; see receipts", roles: office()},
	readAudit:          {name: "read_audit", what: "Search and export the audit", roles: office()},
}

// Scopes of API keys: what each may read.
const (
	scopeReports     = "reports"
	scopeIngestion   = "ingestion"
	scopeConversions = "conversions"
)

func scopes() []string { return []string{scopeConversions, scopeIngestion, scopeReports} }

func readers() []string {
	return []string{workspaces.Owner, workspaces.Admin, workspaces.Analyst, workspaces.CampaignManager}
}

func office() []string { return []string{workspaces.Owner, workspaces.Admin} }

// allows says whether a member with that role has the permission.
func (p permission) allows(role string) bool { return slices.Contains(grants[p].roles, role) }

// missing is the answer to a member whose role does not have the permission.
func (p permission) missing() *fault {
	return refuse(forbidden, "This needs another role in the workspace: "+strings.ReplaceAll(strings.Join(grants[p].roles, " or "), "_", " ")+".")
}
