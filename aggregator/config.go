package aggregator

import (
	"errors"
	"time"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/internal/settings"
)

// Config is the aggregator's settings. Every default stands in its tag.
type Config struct {
	Kafka      kafka.Config      `embed:""`
	ClickHouse clickhouse.Config `embed:""`

	BatchRows     int           `name:"batch-rows" help:"Messages after which a batch is inserted." default:"200000"`
	BatchWait     time.Duration `name:"batch-wait" help:"Time after its first message until a batch is inserted." default:"700ms"`
	BatchMemory   int64         `name:"batch-memory" help:"Most bytes of rows in memory, over all partitions; batches are inserted sooner when there are many." default:"536870912"`
	RepeatsMemory int64         `name:"repeats-memory" help:"Bytes of the filter that recognises new event ids; 2.75 bytes for each event of twelve days keep it sharp." default:"67108864"`
	FetchBytes    int           `name:"fetch-bytes" help:"Most bytes of one fetch from Kafka; above its max.message.bytes." default:"2097152"`
	FetchWait     time.Duration `name:"fetch-wait" help:"Most that Kafka waits for more messages before it answers a fetch; at least a second for the next one where none came." default:"200ms"`
	Session       time.Duration `name:"session-timeout" help:"Time without a heartbeat after which another aggregator takes over." default:"6s"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	return errors.Join(
		c.Kafka.Validate(), c.ClickHouse.Validate(),
		settings.Within("batch-rows", c.BatchRows, 1, 10_000_000),
		settings.Within("batch-memory", c.BatchMemory, 1<<20, 1<<40),
		settings.Within("repeats-memory", c.RepeatsMemory, 1<<16, 1<<40),
		settings.Within("fetch-bytes", c.FetchBytes, 1<<10, 1<<30),
		settings.Within("batch-wait", c.BatchWait, time.Millisecond, time.Minute),
		settings.Within("fetch-wait", c.FetchWait, time.Millisecond, 5*time.Second),
		settings.Within("session-timeout", c.Session, time.Second, 5*time.Minute),
	)
}
