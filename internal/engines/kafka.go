package engines

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"noctra/internal/kafka"
)

const (
	never        = "315360000000" // ten years in milliseconds
	segmentBytes = "16777216"
	// DefaultKeepConsumed is how many bytes of consumed messages a partition may hold.
	DefaultKeepConsumed = 64 << 20
	trimEvery           = 30 * time.Second
)

// Kafka is an embedded Kafka broker: the real protocol, segments on disk, an fsync per batch.
type Kafka struct {
	Dir          string       // data
	Port         int          // on 127.0.0.1
	Group        string       // consumer group whose committed messages may be deleted; empty: none are
	Others       []string     // further topics, which only lose messages older than their retention
	KeepConsumed int64        // bytes per partition above which they are; 0: DefaultKeepConsumed
	Log          *slog.Logger `json:"-"`
}

// Run serves until ctx ends, and returns when everything is on disk.
func (k Kafka) Run(ctx context.Context) error {
	if err := os.MkdirAll(k.Dir, 0o700); err != nil {
		return fmt.Errorf("make kafka data directory: %w", err)
	}
	lock, err := waitForLock(ctx, filepath.Join(k.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock kafka data directory %q: %w", k.Dir, err)
	}
	defer func() { _ = lock.Close() }()
	start := time.Now()
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID(kafka.EmbeddedCluster),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			return net.Listen(network, net.JoinHostPort("127.0.0.1", strconv.Itoa(k.Port)))
		}),
		kfake.Ports(k.Port),
		kfake.DataDir(filepath.Join(k.Dir, "log")),
		kfake.SyncWrites(),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes": segmentBytes,
			// The broker's own retention is off: see trimmer for why, and for what replaces it.
			"log.cleaner.backoff.ms": never,
			// A group that rests for a week keeps its place.
			"offsets.retention.minutes":        "5256000",
			"group.initial.rebalance.delay.ms": "0",
			// As short as an aggregator may ask for.
			"group.min.session.timeout.ms": "1000",
		}),
		kfake.WithLogger(kafkaLogger{k.Log}),
	)
	if err != nil {
		return fmt.Errorf("start kafka on 127.0.0.1:%d: %w", k.Port, err)
	}
	k.Log.Info("kafka serves", "port", k.Port, "took", time.Since(start).Round(time.Millisecond).String())
	defer cluster.Close()
	return k.look(ctx, cluster)
}

// look keeps groups and logs in order until ctx ends.
func (k Kafka) look(ctx context.Context, cluster *kfake.Cluster) error {
	members, err := newMembers(cluster, k.Log)
	if err != nil {
		return err
	}
	var watching sync.WaitGroup
	watching.Go(func() { members.run(ctx) })
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(cluster.ListenAddrs()...), Timeout: trimEvery, Transport: transport}
	trimmer{cluster: cluster, client: client, group: k.Group, keep: k.keepConsumed(), others: k.Others, now: time.Now, log: k.Log}.run(ctx)
	watching.Wait()
	return nil
}

func (k Kafka) keepConsumed() int64 {
	if k.KeepConsumed > 0 {
		return k.KeepConsumed
	}
	return DefaultKeepConsumed
}

// kafkaLogger passes on what the broker finds worth an operator's attention.
type kafkaLogger struct{ log *slog.Logger }

// Logf implements kfake.Logger.
func (l kafkaLogger) Logf(level kfake.LogLevel, format string, args ...any) {
	if level == kfake.LogLevelError {
		l.log.Error("kafka reports an error", "detail", fmt.Sprintf(format, args...))
	}
}
