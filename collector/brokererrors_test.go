package collector

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"noctra/internal/kafka"
)

// faultyBrokers is a cluster whose answers to produce requests a test spoils.
func faultyBrokers(t *testing.T) (*kfake.Cluster, kafka.Config) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.ClusterID("faulty"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	config := kafka.Config{Brokers: cluster.ListenAddrs()}
	ensureTopics(t, config)
	return cluster, config
}

// refusing answers a produce request with an error for each partition.
func refusing(request *kmsg.ProduceRequest, cause *kerr.Error) *kmsg.ProduceResponse {
	response := request.ResponseKind().(*kmsg.ProduceResponse)
	for _, topic := range request.Topics {
		answer := kmsg.NewProduceResponseTopic()
		answer.Topic, answer.TopicID = topic.Topic, topic.TopicID
		for _, partition := range topic.Partitions {
			one := kmsg.NewProduceResponseTopicPartition()
			one.Partition, one.ErrorCode = partition.Partition, cause.Code
			answer.Partitions = append(answer.Partitions, one)
		}
		response.Topics = append(response.Topics, answer)
	}
	return response
}

// A broker that answers with an error never makes a false 2xx: the request is repeated where it
// may help, else the spool takes the events, and Kafka has them when the error is gone.
func TestBrokerErrors(t *testing.T) {
	t.Parallel()
	for _, cause := range []*kerr.Error{
		kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition, kerr.RequestTimedOut,
		kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.KafkaStorageError, kerr.UnknownServerError,
	} {
		t.Run(cause.Message, func(t *testing.T) {
			t.Parallel()
			cluster, config := faultyBrokers(t)
			var on atomic.Bool
			var refused atomic.Int32
			cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				if !on.Load() {
					return nil, nil, false
				}
				refused.Add(1)
				return refusing(request.(*kmsg.ProduceRequest), cause), nil, true
			})
			r := startSpooled(t, config, filepath.Join(t.TempDir(), "spool"), nil)
			eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil })
			way := func(name string) float64 { return r.metric(t, "events_stored_total", name) }
			sent := issued{name: fmt.Sprintf("err-%d", cause.Code)}
			sent.send(t, r, 8)
			eventually(t, "events go to kafka", func() bool { return way("kafka") > 100 })
			on.Store(true)
			eventually(t, "the spool takes over", func() bool { return refused.Load() > 2 && way("spool") > 100 })
			direct := way("kafka")
			spooled := way("spool")
			eventually(t, "events are spooled", func() bool { return way("spool") > spooled+100 })
			if n := way("kafka"); n > direct {
				t.Errorf("%v events are said to be in a Kafka that refuses them", n-direct)
			}
			on.Store(false)
			eventually(t, "events go to kafka again", func() bool { return r.spool.Empty() && way("kafka") > direct+100 })
			sent.end()
			eventually(t, "the spool is empty", r.spool.Empty)
			sent.judge(t, storedIn(t, config, sent.name))
			if len(sent.other) > 0 {
				t.Errorf("answers other than 202: %v", sent.other)
			}
			t.Logf("%d acknowledged, %v by the spool, slowest %s", len(sent.taken), way("spool"), sent.worst)
			r.conserved(t)
		})
	}
}
