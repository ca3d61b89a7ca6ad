package schema

import "strconv"

// Topic is a Kafka topic with the settings that the product relies on.
type Topic struct {
	Name       string
	Partitions int               // at creation; more may be added later
	Config     map[string]string // topic settings by their Kafka names
}

// Names of the topics.
const (
	TopicEvents     = "noctra.events"     // every accepted event, keyed by site + event id
	TopicDeadLetter = "noctra.deadletter" // refused and poisoned records with their reason
)

// AggregatorGroup is the consumer group whose committed offsets say what ClickHouse has.
const AggregatorGroup = "noctra-aggregator"

const dayMillis = 24 * 60 * 60 * 1000

// Topics returns all topics, events with the given number of partitions.
func Topics(partitions int) []Topic {
	keep := func(days int) map[string]string {
		return map[string]string{
			"cleanup.policy": "delete",
			"retention.ms":   strconv.Itoa(days * dayMillis),
		}
	}
	return []Topic{
		{Name: TopicEvents, Partitions: partitions, Config: keep(8)},
		{Name: TopicDeadLetter, Partitions: 1, Config: keep(30)},
	}
}
