package engines

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const testSession = 3 * time.Second

// gathering is a group whose members are driven by hand, and whose watcher has a clock of its own.
type gathering struct {
	t       *testing.T
	cluster *kfake.Cluster
	members *members
	ahead   atomic.Int64
}

func newGathering(t *testing.T) *gathering {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "events"), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "1000"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	g := &gathering{t: t, cluster: cluster}
	if g.members, err = newMembers(cluster, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.members.client.Close)
	g.members.now = func() time.Time { return time.Now().Add(time.Duration(g.ahead.Load())) }
	return g
}

// one is a member with connections of its own, which can be cut.
type one struct {
	*gathering
	client *kgo.Client
	id     string
	joined chan *kmsg.JoinGroupResponse // nil: no answer

	mu    sync.Mutex
	conns []net.Conn
}

func (g *gathering) member() *one {
	g.t.Helper()
	o := &one{gathering: g, joined: make(chan *kmsg.JoinGroupResponse, 1)}
	var err error
	o.client, err = kgo.NewClient(kgo.SeedBrokers(g.cluster.ListenAddrs()...), kgo.RequestRetries(0), kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			o.mu.Lock()
			o.conns = append(o.conns, conn)
			o.mu.Unlock()
		}
		return conn, err
	}))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(o.client.Close)
	if first := o.ask(""); first != nil { // it only tells a new member its id
		o.id = first.MemberID
	}
	return o
}

func (o *one) ask(id string) *kmsg.JoinGroupResponse {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Group, r.MemberID, r.ProtocolType = "g", id, "consumer"
	r.SessionTimeoutMillis, r.RebalanceTimeoutMillis = int32(testSession.Milliseconds()), 60_000
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name = "range"
	r.Protocols = append(r.Protocols, protocol)
	answer, err := r.RequestWith(context.Background(), o.client)
	if err != nil {
		return nil
	}
	return answer
}

// join begins to join and returns when the broker has the request.
func (o *one) join() {
	o.t.Helper()
	go func() { o.joined <- o.ask(o.id) }()
	o.await("the broker has the join", func() bool {
		o.members.mu.Lock()
		defer o.members.mu.Unlock()
		g, ok := o.members.groups["g"]
		return ok && (g.joined[o.id] || len(o.joined) > 0)
	})
}

func (o *one) sync(generation int32, members ...*one) error {
	r := kmsg.NewPtrSyncGroupRequest()
	r.Group, r.Generation, r.MemberID = "g", generation, o.id
	for _, m := range members {
		share := kmsg.NewSyncGroupRequestGroupAssignment()
		share.MemberID, share.MemberAssignment = m.id, []byte("a share")
		r.GroupAssignment = append(r.GroupAssignment, share)
	}
	answer, err := r.RequestWith(context.Background(), o.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.ErrorCode)
}

func (o *one) heartbeat(generation int32) error {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.Generation, r.MemberID = "g", generation, o.id
	answer, err := r.RequestWith(context.Background(), o.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.ErrorCode)
}

func (o *one) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.conns {
		_ = c.Close()
	}
}

func (g *gathering) await(what string, ok func() bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			g.t.Fatalf("waited in vain until %s; group %+v", what, g.cluster.GroupInfo("g"))
		case <-ticker.C:
		}
	}
}

func (g *gathering) look(later time.Duration) {
	g.members.look(g.t.Context())
	g.ahead.Add(int64(later))
	g.members.look(g.t.Context())
}
