package kept

import (
	"time"

	"noctra/schema"
)

// text is what is said of a place whose length of time, if any, is found elsewhere.
type text struct{ holds, about, kept, source string }

const (
	bySite    = "site"
	byProgram = "program"
	bySetting = "setting"
)

var inClickHouse = map[string]text{
	"events": {"Every accepted event: page, referrer, device, country to city, pseudonym of the visitor, click ids, orders and amounts, hashes of e-mail address, phone number and user id.",
		visitors, "As long as the site keeps single events (retention_raw_days); for ever where it has set nothing.", bySite},
	"touched":           {"When each hour of a site last received events.", nobody, "As long as the site's single events.", bySite},
	"visits":            {"Visits made of events, with the visitor's pseudonym.", visitors, "As long as the site keeps sums (retention_aggregates_days); for ever where it has set nothing.", bySite},
	"rollup":            {"Sums by day.", nobody, "As long as the site keeps sums (retention_aggregates_days); for ever where it has set nothing.", bySite},
	"slices":            {"Which days of visits were made.", nobody, "As long as the site keeps sums (retention_aggregates_days); for ever where it has set nothing.", bySite},
	"ingestion":         {"How many events were refused, repeated or set aside, by minute and reason.", nobody, "For ever.", "table"},
	"erased":            {"Places and hashes of ids of events that were erased, so that copies of them are known.", nobody, "17 days after they were erased.", "table"},
	"partitions":        {"How far each partition of Kafka was read.", nobody, "For ever, one row for each.", byProgram},
	"schema_migrations": {"Which versions of the tables there are.", nobody, "For ever.", byProgram},
}

var inKafka = map[string]text{
	"noctra.events":     {"Events on their way into ClickHouse.", visitors, "", ""},
	"noctra.deadletter": {"Refused events with the reason, without addresses, browsers, e-mail addresses and phone numbers.", visitors, "", ""},
}

// lasting are places of Postgres that hold for as long as what they belong to.
var lasting = []Place{
	{Name: "accounts", Holds: "Name, e-mail address, hash of the password.", About: accountHolders, Kept: "Until the account is deleted."},
	{Name: "totp", Holds: "Sealed secrets of authenticator apps.", About: accountHolders, Kept: "Until two-step sign-in is turned off or the account is deleted."},
	{Name: "recovery_codes", Holds: "Hashes of recovery codes.", About: accountHolders, Kept: "Until two-step sign-in is turned off or the account is deleted."},
	{Name: "passkeys", Holds: "Public keys of passkeys.", About: accountHolders, Kept: "Until they are removed or the account is deleted."},
	{Name: "members", Holds: "Who belongs to which workspace, as what.", About: accountHolders, Kept: "Until the membership or the account ends."},
	{Name: "audit", Holds: "Who did what and when; people under pseudonyms.", About: accountHolders, Kept: "For ever: entries are chained and only added to."},
	{Name: "audit_people", Holds: "Whose pseudonyms those of the audit are.", About: accountHolders, Kept: "Until the account is deleted; the pseudonym alone stays."},
	{Name: "audit_private", Holds: "From which addresses people did what the audit has, and what they typed.", About: accountHolders, Kept: "Until the account is deleted or the workspace is erased."},
	{Name: "workspaces", Holds: "Names of workspaces.", About: nobody, Kept: "Until the workspace is erased."},
	{Name: "sites", Holds: "Settings of sites, and the key that hashes ids of their visitors.", About: nobody, Kept: "Until the site is erased."},
	{Name: "server_keys", Holds: "Hashes of keys that send events.", About: nobody, Kept: "Until the workspace is erased; revoked ones stay listed."},
	{Name: "api_keys", Holds: "Hashes of keys that read reports.", About: nobody, Kept: "Until the workspace is erased; revoked ones stay listed."},
	{Name: "server_key_uses", Holds: "When keys that send events were used first and last.", About: nobody, Kept: "Until the workspace is erased."},
	{Name: "goals", Holds: "Goals of sites.", About: nobody, Kept: "Until they are deleted or the site is erased."},
	{Name: "funnels", Holds: "Funnels of sites.", About: nobody, Kept: "Until they are deleted or the site is erased."},
	{Name: "site_changes", Holds: "Earlier time zones and currencies of sites.", About: nobody, Kept: "Until the site is erased."},
	{Name: "site_retention", Holds: "How far retention has come for each site.", About: nobody, Kept: "Until the site is erased."},
	{Name: "retention_log", Holds: "Evidence of what retention deleted, in numbers.", About: nobody, Kept: "For ever."},
	{Name: "corrections", Holds: "Corrected events: the values before and after, and the reason.", About: visitors, Kept: "As long as the site's single events (retention_raw_days).", Source: bySite},
	{Name: "clicks", Holds: "Ad clicks with click id, pseudonym of the visitor and landing page.", About: visitors, Kept: "For the look-back of the site (lookback_days) and 30 days more.", Source: bySite},
	{Name: "visitor_users", Holds: "Which pseudonyms and hashed user ids of a site belong together.", About: visitors, Kept: "8 days."},
	{Name: "sales", Holds: "Sales with order id, amount, pseudonym, and the ad clicks that came before.", About: visitors, Kept: "Until they or the site are erased."},
	{Name: "refunds", Holds: "Refunds with order id and amount.", About: visitors, Kept: "Until they or the site are erased."},
	{Name: "erased_transactions", Holds: "Keyed hashes of orders that Google has of erased sales, so that they are not sent again.", About: visitors, Kept: "98 days after the erasure."},
	{Name: "google_connections", Holds: "Connections to Google Ads with sealed tokens and the number of the account.", About: nobody, Kept: "Until the workspace is erased; tokens until the connection is ended."},
	{Name: "oauth_flows", Holds: "Consents at Google that were begun.", About: accountHolders, Kept: "Ten minutes."},
	{Name: "google_accesses", Holds: "How often Google was asked for what, by hour.", About: nobody, Kept: "Until the workspace is erased."},
	{Name: "google_quota", Holds: "How much of Google's quota is used.", About: nobody, Kept: "One row."},
	{Name: "conversion_actions", Holds: "Which events of a site become conversions of which action at Google.", About: nobody, Kept: "Until the site or the workspace is erased."},
	{Name: "held_sales", Holds: "Sales of browsers that wait for a server: order id, pseudonym and click ids.", About: visitors, Kept: "For the look-back of the site (lookback_days) and 30 days more.", Source: bySite},
	{Name: "conversions", Holds: "Conversions for Google with order or event id, value, click id, hashed e-mail and phone.", About: visitors, Kept: "Until the sale or the site is erased."},
	{Name: "sale_sums", Holds: "How many sales and conversions there are of each day, campaign and state, and what they are worth.", About: nobody, Kept: "Until the site is erased; without what was erased within seconds."},
	{Name: "sale_shares", Holds: "What models of attribution give to campaigns and sources of each day.", About: nobody, Kept: "Until the site is erased; without what was erased within seconds."},
	{Name: "sale_marks", Holds: "Times of sales of days that are to be added up again.", About: nobody, Kept: "Until the days were added up, seconds most of the time."},
	{Name: "adjustments", Holds: "Changes of conversions, with value.", About: visitors, Kept: "Until the sale or the site is erased."},
	{Name: "upload_attempts", Holds: "Requests to Google with their answers, without what they held.", About: nobody, Kept: "Until the workspace is erased."},
	{Name: "upload_rows", Holds: "What each request said of each conversion, with identifiers masked.", About: visitors, Kept: "Until the sale or the site is erased."},
	{Name: "upload_history", Holds: "Every move of every conversion.", About: visitors, Kept: "Until the sale or the site is erased."},
	{Name: "import_files", Holds: "Which uploads stand in the file that Google fetches.", About: visitors, Kept: "30 days after Google fetched them."},
	{Name: "import_fetches", Holds: "When Google fetched how many rows.", About: nobody, Kept: "Until the workspace is erased."},
	{Name: "postback_partners", Holds: "Partners that report sales, and what their parameters are called.", About: nobody, Kept: "Until the site is erased."},
	{Name: "conversion_checks", Holds: "What the nightly comparison of events with conversions found.", About: nobody, Kept: "Until the site is erased."},
	{Name: "erasures", Holds: "What was asked to be erased, how far that is, and receipts; nobody is named, a keyed hash tells whether a receipt is somebody's.", About: visitors, Kept: "For ever, as evidence."},
	{Name: "erasure_sites", Holds: "Sites and days of erasures.", About: nobody, Kept: "For ever, as evidence."},
	{Name: "erasure_blocks", Holds: "Hashes of people whose events are kept out because they are being erased, or were.", About: visitors, Kept: "31 days after the erasure."},
	{Name: "intake_places", Holds: "How far stored events were read for sales and clicks.", About: nobody, Kept: "For ever, one row for each partition."},
	{Name: "event_layouts", Holds: "Over how many partitions events are spread.", About: nobody, Kept: "For ever."},
	{Name: "goose_db_version", Holds: "Which versions of the tables there are.", About: nobody, Kept: "For ever."},
}

// term is a place that is kept for one length of time.
type term struct {
	name, holds, about, since, source string
	length                            time.Duration
}

// inPostgres lists the tables of Postgres.
func inPostgres(t Terms) []Place {
	all := make([]Place, 0, 32)
	for _, p := range lasting {
		p.Store = "postgres"
		if p.Name == "accounts" {
			p.Kept = "Until the account is deleted, " + Length(t.Deletion) + " after its owner asked for it."
		}
		if p.Source == "" {
			p.Source = byProgram
		}
		all = append(all, p)
	}
	for _, l := range []term{
		{"salts", "Secrets that make visitors' pseudonyms for a day; without them pseudonyms cannot be traced back.", visitors, "after it was made, then destroyed", byProgram, schema.SaltLife},
		{"sessions", "Sign-ins, with address and browser.", accountHolders, "after the sign-in, and " + Length(t.SessionIdle) + " without use, at most", bySetting, t.SessionMax},
		{"sign_in_links", "Hashes of links that sign in.", accountHolders, "after their end", byProgram, t.Links},
		{"sign_ups", "Name, e-mail address and hash of the password of people who have not confirmed their address.", accountHolders, "after the link has ended (" + Length(t.SignUp) + ")", byProgram, t.LinkMemory},
		{"mailed_links", "Hashes of links in mail, and the address they went to.", accountHolders, "after their end", byProgram, t.LinkMemory},
		{"ceremonies", "Sign-ins that wait for a second step.", accountHolders, "", byProgram, t.Ceremony},
		{"devices", "Hashes of browsers that have signed in before.", accountHolders, "after they were last seen", byProgram, t.Device},
		{"attempts", "Hashes of what was guessed at, with a counter.", accountHolders, "after the last guess", byProgram, t.Attempts},
		{"mail_outbox", "Recipients of mail; what it says is sealed, and dropped when it was sent.", accountHolders, "after it was ordered", byProgram, t.Mail},
		{"kept_answers", "Answers to requests with an Idempotency-Key, sealed.", accountHolders, "", byProgram, t.Answers},
		{"site_sightings", "Hosts whose pages sent events or loaded the script, for people who look why nothing comes.", nobody, "", byProgram, t.Sightings},
		{"exports", "That somebody asked for a copy.", accountHolders, "after the file is gone", byProgram, t.ExportRow},
		{"export_links", "Hashes of links that load a copy.", accountHolders, "", byProgram, t.ExportLink},
		{"privacy_requests", "Requests of people: e-mail address and text.", requesters, "after the request was closed, " + Length(t.Unconfirmed) + " where nobody confirmed the address", byProgram, t.Closed},
		{"privacy_request_steps", "What became of requests.", requesters, "after the request was closed", byProgram, t.Closed},
	} {
		all = append(all, l.place())
	}
	return append(all, Place{Store: "postgres", Name: "invitations", Holds: "E-mail addresses of people who were invited.", About: accountHolders, Source: byProgram,
		Kept: "The link is good for " + Length(t.Invitation) + "; the entry stays until the workspace is erased or the person's account is deleted."})
}

func (l term) place() Place {
	p := Place{Store: "postgres", Name: l.name, Holds: l.holds, About: l.about, Source: l.source, Seconds: int64(l.length / time.Second), Kept: Length(l.length)}
	if l.since != "" {
		p.Kept += " " + l.since
	}
	p.Kept += "."
	return p
}

// elsewhere lists what stands in no database.
func elsewhere(t Terms) []Place {
	return []Place{
		{Store: "disk", Name: "spool of collectors", Holds: "Events that Kafka could not take.", About: visitors, Kept: "Until Kafka has them.", Source: byProgram},
		{Store: "disk", Name: "snapshot of collectors", Holds: "Sites and salts, for when Postgres is away.", About: visitors, Kept: Length(schema.SaltLife) + " for salts; settings of sites until they change.", Seconds: int64(schema.SaltLife / time.Second), Source: byProgram},
		{Store: "disk", Name: "exports", Holds: "Copies of accounts and workspaces.", About: visitors, Kept: Length(t.ExportFile) + ".", Seconds: int64(t.ExportFile / time.Second), Source: byProgram},
		{Store: "disk", Name: "anchors of the audit", Holds: "Hashes of the ends of audits.", About: nobody, Kept: "For ever.", Source: "operator"},
		{Store: "outside", Name: "logs", Holds: "What the services do; without addresses of visitors, e-mail addresses, click ids and keys.", About: nobody, Kept: "As long as whoever runs the product keeps them; the product deletes none.", Source: "operator"},
		{Store: "outside", Name: "backups", Holds: "Copies that whoever runs the product makes; the product makes none.", About: visitors, Kept: "As long as whoever runs the product keeps them.", Source: "operator"},
	}
}

func notKept() []Absent {
	return []Absent{
		{"Addresses of visitors", "Looked at in memory for the country, the pseudonym of the day and known networks of machines; no event, message or table has them."},
		{"Headers of visitors' browsers", "Read in memory for name and version of browser and system; the text itself is in no event, message or table."},
		{"E-mail addresses and phone numbers of customers", "Hashed before they leave the collector's memory, and only where consent was given; what looks like one in addresses of pages and titles is taken out."},
		{"Query parameters of pages", "Only campaign parameters, click ids, and those that a site names."},
		{"Names of users of a site", "Only a hash under a key of the site."},
	}
}
