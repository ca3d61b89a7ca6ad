package schema

import "math"

// The canary is an event that each collector sends through the whole chain now and then, so that
// the delay of reports is known also where nothing else comes. It belongs to a site that Postgres
// never has, and to no workspace, so no report can hold it.
const (
	CanarySite SiteID = math.MaxInt64
	CanaryName        = "canary" // of the interaction that it is
)
