package aggregator

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"noctra/internal/kafka"
	"noctra/schema"
)

// moveTo gives the world a Kafka of its own, whose answers a test decides.
func (w *world) moveTo(cluster *kfake.Cluster) {
	w.t.Helper()
	w.config.Kafka = kafka.Config{Brokers: cluster.ListenAddrs()}
	var err error
	if w.kafka, err = w.config.Kafka.Client(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.kafka.Transport.(*kafkago.Transport).CloseIdleConnections)
	topics := []schema.Topic{{Name: w.names.topic, Partitions: testPartitions}, {Name: w.names.letters, Partitions: 1}}
	if err := kafka.EnsureTopics(w.t.Context(), w.kafka, topics); err != nil {
		w.t.Fatal(err)
	}
}

// insist produces events, again until Kafka has them.
func (w *world) insist(all []schema.Event) {
	w.t.Helper()
	for i := range all {
		p := int(all[i].PartitionKey() % testPartitions)
		w.await("kafka takes an event", func() bool {
			answer, err := w.kafka.Produce(w.t.Context(), &kafkago.ProduceRequest{Topic: w.names.topic, Partition: p, RequiredAcks: kafkago.RequireAll,
				Records: kafkago.NewRecordReader(record(schema.AppendEvent(nil, &all[i])))})
			return err == nil && answer.Error == nil
		})
	}
}

// brokerFaults are answers that a broker may give at any time. Those of a commit that timed out are
// given after it was stored.
func brokerFaults(random *rand.Rand) kfake.Fault {
	type answers struct {
		key  kmsg.Key
		errs []*kerr.Error
	}
	moved := []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress}
	all := []answers{
		{kmsg.OffsetCommit, append(moved, kerr.RequestTimedOut)}, {kmsg.OffsetCommit, append(moved, kerr.RequestTimedOut)},
		{kmsg.OffsetFetch, moved}, {kmsg.JoinGroup, moved}, {kmsg.SyncGroup, moved}, {kmsg.Heartbeat, moved}, {kmsg.FindCoordinator, moved[1:]},
		{kmsg.Fetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.KafkaStorageError, kerr.UnknownServerError}},
		{kmsg.ListOffsets, []*kerr.Error{kerr.NotLeaderForPartition, kerr.LeaderNotAvailable}},
	}
	one := all[random.IntN(len(all))]
	return kfake.Fault{Keys: []kmsg.Key{one.key}, Err: one.errs[random.IntN(len(one.errs))], Count: 1 + random.IntN(4)}
}

// TestBrokerTrouble: three brokers answer with errors or not at all, and coordinators and leaders move.
func TestBrokerTrouble(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorld(t)
	w.moveTo(cluster)
	w.config.BatchRows = 20
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	r := w.start(hasty)
	w.await("it has partitions", func() bool { return len(r.owned()) == testPartitions })
	const rounds, each = 12, 30
	for round := range rounds {
		faults := cluster.Fault(brokerFaults(random), brokerFaults(random))
		switch random.IntN(8) {
		case 0:
			cluster.RehashCoordinators()
		case 1:
			cluster.ShufflePartitionLeaders()
		case 2: // no answer, not even an end
			cluster.ControlKey(kmsg.Heartbeat.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, true })
		case 3: // the connection ends
			cluster.ControlKey(kmsg.OffsetCommit.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errPlanted, true })
		case 4:
			cluster.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errPlanted, true })
		}
		w.insist(events(max(round*each-10, 0), (round+1)*each))
		wait(context.Background(), time.Duration(random.IntN(150))*time.Millisecond)
		faults.Remove()
	}
	w.once(0, rounds*each)
	r.figures(t)
}
