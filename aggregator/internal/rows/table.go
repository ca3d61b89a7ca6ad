package rows

import (
	"noctra/aggregator/internal/columns"
	"noctra/schema"
)

// table is the columns of events that are sent; inserted_at is ClickHouse's own.
type table struct {
	siteID, workspaceID           columns.Uint64
	eventID                       columns.Text
	kind                          columns.Bytes8
	name                          columns.Low
	via                           columns.Bytes8
	occurredAt, receivedAt        columns.Uint64
	visitorID                     columns.Uint64
	visitorKind                   columns.Bytes8
	userHash                      columns.Uint64
	hostname, path                columns.Low
	query                         columns.Text
	title                         columns.Low
	referrer, source, channel     columns.Low
	utm                           [6]columns.Low // source, medium, campaign, term, content, id
	clickKinds                    columns.Low
	clickValues                   columns.Text
	clickKindList, clickList      *columns.List
	device                        [11]columns.Low // country, region, city, browser and version, os and version, device, screen, language, time zone
	botReasons                    columns.Low
	botList                       *columns.List
	isBot                         columns.Bytes8
	propKeys                      columns.Low
	propValues                    columns.Text
	props                         *columns.List
	orderID                       columns.Text
	amount                        columns.Uint64
	currency                      columns.Low
	itemIDs, itemNames            columns.Text
	itemCategories                columns.Low
	itemQuantities, itemPrices    columns.Uint64
	itemLists                     [5]*columns.List
	consent                       [3]columns.Bytes8 // analytics, ad user data, ad personalization
	emailHash, phoneHash, unknown columns.Text
	kafkaTopic                    columns.Low
	kafkaPartition                columns.Uint16
	kafkaOffset                   columns.Uint64
}

func (t *table) init() {
	t.clickKindList, t.clickList = columns.NewList(&t.clickKinds), columns.NewList(&t.clickValues)
	t.botList = columns.NewList(&t.botReasons)
	t.props = columns.NewList(&t.propKeys, &t.propValues)
	for i, c := range []columns.Column{&t.itemIDs, &t.itemNames, &t.itemCategories, &t.itemQuantities, &t.itemPrices} {
		t.itemLists[i] = columns.NewList(c)
	}
}

// Types of ClickHouse; those of schema/clickhouse.
const (
	typeLow     = "LowCardinality(String)"
	typeTime    = "DateTime64(3, 'UTC')"
	typeKind    = "Enum8('pageview' = 1, 'click' = 2, 'sale' = 3, 'refund' = 4, 'goal' = 5, 'interaction' = 6, 'held_sale' = 7)"
	typeVia     = "Enum8('unknown' = 0, 'browser' = 1, 'server' = 2, 'pixel' = 3, 'canary' = 4)"
	typeConsent = "Enum8('unset' = 0, 'granted' = 1, 'denied' = 2)"
)

func (t *table) entries() []columns.Entry {
	e := []columns.Entry{
		{Name: "site_id", Type: "UInt64", Column: &t.siteID}, {Name: "workspace_id", Type: "UInt64", Column: &t.workspaceID},
		{Name: "event_id", Type: "String", Column: &t.eventID}, {Name: "kind", Type: typeKind, Column: &t.kind},
		{Name: "name", Type: typeLow, Column: &t.name}, {Name: "via", Type: typeVia, Column: &t.via},
		{Name: "occurred_at", Type: typeTime, Column: &t.occurredAt}, {Name: "received_at", Type: typeTime, Column: &t.receivedAt},
		{Name: "visitor_id", Type: "UInt64", Column: &t.visitorID}, {Name: "visitor_kind", Type: "UInt8", Column: &t.visitorKind},
		{Name: "user_hash", Type: "UInt64", Column: &t.userHash},
		{Name: "hostname", Type: typeLow, Column: &t.hostname}, {Name: "path", Type: typeLow, Column: &t.path},
		{Name: "query", Type: "String", Column: &t.query}, {Name: "title", Type: typeLow, Column: &t.title},
		{Name: "referrer", Type: typeLow, Column: &t.referrer}, {Name: "source", Type: typeLow, Column: &t.source},
		{Name: "channel", Type: typeLow, Column: &t.channel},
		{Name: "click_kinds", Type: "Array(" + typeLow + ")", Column: t.clickKindList}, {Name: "click_values", Type: "Array(String)", Column: t.clickList},
		{Name: "bot_reasons", Type: "Array(" + typeLow + ")", Column: t.botList}, {Name: "is_bot", Type: "UInt8", Column: &t.isBot},
		{Name: "props", Type: "Map(" + typeLow + ", String)", Column: t.props},
		{Name: "order_id", Type: "String", Column: &t.orderID}, {Name: "amount", Type: "Int64", Column: &t.amount},
		{Name: "currency", Type: typeLow, Column: &t.currency},
		{Name: "item_ids", Type: "Array(String)", Column: t.itemLists[0]}, {Name: "item_names", Type: "Array(String)", Column: t.itemLists[1]},
		{Name: "item_categories", Type: "Array(" + typeLow + ")", Column: t.itemLists[2]},
		{Name: "item_quantities", Type: "Array(Int64)", Column: t.itemLists[3]}, {Name: "item_prices", Type: "Array(Int64)", Column: t.itemLists[4]},
		{Name: "email_hash", Type: "String", Column: &t.emailHash}, {Name: "phone_hash", Type: "String", Column: &t.phoneHash},
		{Name: "unknown", Type: "String", Column: &t.unknown},
		{Name: "kafka_topic", Type: typeLow, Column: &t.kafkaTopic}, {Name: "kafka_partition", Type: "UInt16", Column: &t.kafkaPartition},
		{Name: "kafka_offset", Type: "UInt64", Column: &t.kafkaOffset},
	}
	for i, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"} {
		e = append(e, columns.Entry{Name: name, Type: typeLow, Column: &t.utm[i]})
	}
	for i, name := range []string{"country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen", "language", "time_zone"} {
		e = append(e, columns.Entry{Name: name, Type: typeLow, Column: &t.device[i]})
	}
	for i, name := range []string{"consent_analytics", "consent_ad_user_data", "consent_ad_personalization"} {
		e = append(e, columns.Entry{Name: name, Type: typeConsent, Column: &t.consent[i]})
	}
	return e
}

func (t *table) appendWho(e *schema.Event) {
	t.siteID.Append(uint64(e.Site))
	t.workspaceID.Append(uint64(e.Workspace))
	t.eventID.Append(e.ID)
	t.kind.Append(uint8(e.Kind))
	t.name.Append(e.Name)
	t.via.Append(uint8(e.Via))
	t.occurredAt.Append(uint64(e.OccurredAt))
	t.receivedAt.Append(uint64(e.ReceivedAt))
	t.visitorID.Append(uint64(e.Visitor))
	t.visitorKind.Append(uint8(e.VisitorKind))
	t.userHash.Append(uint64(e.User))
}

func (t *table) appendPage(e *schema.Event) {
	t.hostname.Append(e.Hostname)
	t.path.Append(e.Path)
	t.query.Append(e.Query)
	t.title.Append(e.Title)
	t.referrer.Append(e.Referrer)
	t.source.Append(e.Source)
	t.channel.Append(e.Channel)
	for i, v := range [...]string{e.UTMSource, e.UTMMedium, e.UTMCampaign, e.UTMTerm, e.UTMContent, e.UTMID} {
		t.utm[i].Append(v)
	}
	for i := range e.ClickIDs {
		t.clickKinds.Append(e.ClickIDs[i].Kind)
		t.clickValues.Append(e.ClickIDs[i].Value)
	}
	t.clickKindList.Close(len(e.ClickIDs))
	t.clickList.Close(len(e.ClickIDs))
}

func (t *table) appendDevice(e *schema.Event) {
	for i, v := range [...]string{e.Country, e.Region, e.City, e.Browser, e.BrowserVersion, e.OS, e.OSVersion, e.Device, e.Screen, e.Language, e.TimeZone} {
		t.device[i].Append(v)
	}
	for _, reason := range e.BotReasons {
		t.botReasons.Append(reason)
	}
	t.botList.Close(len(e.BotReasons))
	t.isBot.Append(uint8(min(len(e.BotReasons), 1)))
	for i := range e.Props {
		t.propKeys.Append(e.Props[i].Key)
		t.propValues.Append(e.Props[i].Value)
	}
	t.props.Close(len(e.Props))
}

func (t *table) appendTrade(e *schema.Event) {
	t.orderID.Append(e.OrderID)
	t.amount.Append(uint64(e.Amount))
	t.currency.Append(e.Currency)
	for i := range e.Items {
		item := &e.Items[i]
		t.itemIDs.Append(item.ID)
		t.itemNames.Append(item.Name)
		t.itemCategories.Append(item.Category)
		t.itemQuantities.Append(uint64(item.Quantity))
		t.itemPrices.Append(uint64(item.Price))
	}
	for _, list := range t.itemLists {
		list.Close(len(e.Items))
	}
	for i, v := range [...]schema.Consent{e.ConsentAnalytics, e.ConsentAdUser, e.ConsentAdPerson} {
		t.consent[i].Append(uint8(v))
	}
	t.emailHash.Append(e.EmailHash)
	t.phoneHash.Append(e.PhoneHash)
	t.unknown.AppendBytes(e.Unknown)
}
