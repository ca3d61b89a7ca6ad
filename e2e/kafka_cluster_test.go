//go:build kafka && linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// cluster is Apache Kafka on this machine: brokers that are controllers too.
type cluster struct {
	t       testing.TB
	brokers []*broker
	client  *kafkago.Client
}

const eventsTopic = "noctra.events"

// startCluster formats and starts n brokers, and waits until all are members. They end with the test.
func startCluster(t testing.TB, n int) *cluster {
	t.Helper()
	c := &cluster{t: t}
	libs := kafkaLibs(t)
	dir, ports := t.TempDir(), stablePorts(t, 2*n)
	var addrs, voters []string
	for i := range n {
		b := &broker{id: i + 1, libs: libs, dir: filepath.Join(dir, fmt.Sprint(i+1)), addr: ports[2*i], controller: ports[2*i+1]}
		c.brokers = append(c.brokers, b)
		addrs = append(addrs, b.addr)
		voters = append(voters, fmt.Sprintf("%d@%s", b.id, b.controller))
	}
	transport := &kafkago.Transport{MetadataTTL: 500 * time.Millisecond, DialTimeout: time.Second}
	c.client = &kafkago.Client{Addr: kafkago.TCP(addrs...), Timeout: 3 * time.Second, Transport: transport}
	t.Cleanup(func() {
		for _, b := range c.brokers {
			b.end(t)
		}
		transport.CloseIdleConnections()
	})
	formatted := make(chan error, n)
	for _, b := range c.brokers {
		go func() { formatted <- b.format(voters) }()
	}
	var errs []error
	for range c.brokers {
		errs = append(errs, <-formatted)
	}
	for _, b := range c.brokers {
		errs = append(errs, b.start())
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	c.await("all brokers", 3*time.Minute, func(ctx context.Context) error { return c.members(ctx) })
	return c
}

// kafkaLibs returns the folder of Kafka's jars.
func kafkaLibs(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("java"); err != nil {
		t.Fatal("Java 17 or newer is needed: java was not found")
	}
	libs, err := filepath.Abs("../engines/kafka/libs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(libs, ".complete")); err != nil {
		t.Fatalf("Apache Kafka is not there, fetch it with make kafka: %v", err)
	}
	return libs
}

func (c *cluster) addrs() string {
	var all []string
	for _, b := range c.brokers {
		all = append(all, b.addr)
	}
	return strings.Join(all, ",")
}

// await asks again until check succeeds.
func (c *cluster) await(what string, limit time.Duration, check func(context.Context) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			c.t.Fatalf("%s: not within %s: %v", what, limit, err)
		case <-ticker.C:
		}
	}
}

// members returns nil when all brokers are members of the cluster.
func (c *cluster) members(ctx context.Context) error {
	for _, b := range c.brokers {
		if !b.running() {
			c.t.Fatalf("broker %d ended", b.id)
		}
	}
	answer, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(answer.Brokers) < len(c.brokers) {
		return fmt.Errorf("%d of %d brokers", len(answer.Brokers), len(c.brokers))
	}
	return nil
}

// whole returns nil when every partition has a leader and all of its copies are in sync, those of
// the groups' offsets too.
func (c *cluster) whole(ctx context.Context) error {
	if err := c.members(ctx); err != nil {
		return err
	}
	answer, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{})
	if err != nil {
		return err
	}
	for _, topic := range answer.Topics {
		for _, p := range topic.Partitions {
			if p.Error != nil || len(p.Isr) < len(p.Replicas) {
				return fmt.Errorf("partition %d of %s: %d of %d copies in sync: %w", p.ID, topic.Name, len(p.Isr), len(p.Replicas), p.Error)
			}
		}
	}
	return nil
}

// leader returns the broker that leads a partition of the events.
func (c *cluster) leader(partition int) *broker {
	c.t.Helper()
	var found *broker
	c.await("leader of a partition", 2*time.Minute, func(ctx context.Context) error {
		answer, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{eventsTopic}})
		if err != nil {
			return err
		}
		for _, topic := range answer.Topics {
			for _, p := range topic.Partitions {
				if p.ID == partition && p.Leader.ID > 0 {
					found = c.brokers[p.Leader.ID-1]
					return nil
				}
			}
		}
		return fmt.Errorf("partition %d of %s has no leader", partition, eventsTopic)
	})
	return found
}

// expectDurable checks that events are on three brokers, and acknowledged only once two have them.
func (c *cluster) expectDurable(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answer, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{eventsTopic}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range answer.Topics[0].Partitions {
		if len(p.Replicas) != 3 {
			t.Errorf("partition %d of %s has %d copies, want 3", p.ID, eventsTopic, len(p.Replicas))
		}
	}
	settings, err := c.client.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Resources: []kafkago.DescribeConfigRequestResource{
		{ResourceType: kafkago.ResourceTypeTopic, ResourceName: eventsTopic, ConfigNames: []string{"min.insync.replicas"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range settings.Resources {
		for _, entry := range r.ConfigEntries {
			if entry.ConfigValue != "2" {
				t.Errorf("%s=%s, want 2", entry.ConfigName, entry.ConfigValue)
			}
		}
	}
}
