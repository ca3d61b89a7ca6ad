package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

// Conn is ClickHouse, as the reader.
type Conn = clickhouse.Querier

// event is a stored event that matters: a sale, held or not, a refund, or one with a click id.
type event struct {
	Site        uint64    `ch:"site_id"`
	Workspace   uint64    `ch:"workspace_id"`
	ID          string    `ch:"event_id"`
	Kind        string    `ch:"kind"`
	Via         string    `ch:"via"`
	OccurredAt  time.Time `ch:"occurred_at"`
	Visitor     uint64    `ch:"visitor_id"`
	User        uint64    `ch:"user_hash"`
	Landing     string    `ch:"landing"`
	Campaign    []string  `ch:"campaign"` // source, medium, campaign, term, content, id
	ClickKinds  []string  `ch:"click_kinds"`
	ClickValues []string  `ch:"click_values"`
	Country     string    `ch:"country"`
	BotReasons  []string  `ch:"bot_reasons"`
	Order       string    `ch:"order_id"`
	Amount      int64     `ch:"amount"`
	Currency    string    `ch:"currency"`
	EmailHash   string    `ch:"email_hash"`
	PhoneHash   string    `ch:"phone_hash"`
	Consent     []int8    `ch:"consent"` // analytics, user data, personalization
	Goal        int64     `ch:"goal"`    // that was reached with it; 0 for the event as it is
}

// pair says that a visitor is a user: the first one, and since when.
type pair struct {
	Site    uint64 `ch:"site_id"`
	Visitor uint64 `ch:"visitor_id"`
	User    uint64 `ch:"user"`

	KnownAt time.Time `ch:"known_at"`
}

// span is a range of places of a partition: from ≤ offset < to.
type span struct {
	topic     string
	partition int
	from, to  int64
}

func (s span) where() string {
	return fmt.Sprintf("kafka_topic = %s AND kafka_partition = %d AND kafka_offset >= %d AND kafka_offset < %d", clickhouse.Quote(s.topic), s.partition, s.from, s.to)
}

const selectEvents = `SELECT ` + eventColumns + `
FROM events
WHERE %s AND (kind IN ('sale', 'refund', 'held_sale') OR notEmpty(click_values))
ORDER BY kafka_offset`

const eventColumns = `site_id, workspace_id, event_id, toString(kind) AS kind, toString(via) AS via, occurred_at, visitor_id, user_hash,
  concat('https://', toString(hostname), toString(path), if(query = '', '', concat('?', query))) AS landing,
  [toString(utm_source), toString(utm_medium), toString(utm_campaign), toString(utm_term), toString(utm_content), toString(utm_id)] AS campaign,
  arrayMap(x -> toString(x), click_kinds) AS click_kinds, click_values, toString(country) AS country, arrayMap(x -> toString(x), bot_reasons) AS bot_reasons,
  order_id, amount, toString(currency) AS currency, email_hash, phone_hash,
  [toInt8(consent_analytics), toInt8(consent_ad_user_data), toInt8(consent_ad_personalization)] AS consent`

const selectPairs = `SELECT site_id, visitor_id, argMin(user_hash, (occurred_at, user_hash)) AS user, min(occurred_at) AS known_at
FROM events
WHERE %s AND user_hash != 0 AND visitor_id != 0
GROUP BY site_id, visitor_id`

// selectSettled is up to where each partition is in ClickHouse for good.
const selectSettled = `SELECT toInt64(partition), toInt64(argMax(committed, at)) FROM partitions WHERE topic = %s GROUP BY partition`

func readEvents(ctx context.Context, conn Conn, s span) (events []event, pairs []pair, err error) {
	err = clickhouse.Each(ctx, conn, fmt.Sprintf(selectEvents, s.where()), func(rows driver.Rows) error {
		var e event
		err := rows.ScanStruct(&e)
		events = append(events, e)
		return err
	})
	if err == nil {
		err = clickhouse.Each(ctx, conn, fmt.Sprintf(selectPairs, s.where()), func(rows driver.Rows) error {
			var p pair
			err := rows.ScanStruct(&p)
			pairs = append(pairs, p)
			return err
		})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read events of partition %d from %d: %w", s.partition, s.from, err)
	}
	return events, pairs, nil
}

// readSettled returns up to where each partition can be read.
func readSettled(ctx context.Context, conn Conn, topic string) (map[int]int64, error) {
	settled := map[int]int64{}
	err := clickhouse.Each(ctx, conn, fmt.Sprintf(selectSettled, clickhouse.Quote(topic)), func(rows driver.Rows) error {
		var partition, committed int64
		err := rows.Scan(&partition, &committed)
		settled[int(partition)] = committed
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is settled: %w", err)
	}
	return settled, nil
}

// clickIDs returns the event's click ids.
func (e *event) clickIDs() (all []schema.ClickID) {
	for i := range min(len(e.ClickKinds), len(e.ClickValues)) {
		all = append(all, schema.ClickID{Kind: e.ClickKinds[i], Value: e.ClickValues[i]})
	}
	return all
}
