// Package admin is the admin service: the dashboard's pages, the reports API, sign-ins, sites and
// keys.
//
// It stands at the end of the flow: it reads what the aggregator wrote into ClickHouse, and keeps
// accounts, sites and keys in Postgres, where the collector finds them. Who may ask for what is
// decided here (routes.go lists it); what the figures are is package report's. It takes no events.
package admin
