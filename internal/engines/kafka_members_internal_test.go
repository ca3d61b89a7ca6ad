package engines

import (
	"context"
	"errors"
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
	ctx, cancel := context.WithTimeout(g.t.Context(), 30*time.Second)
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

// TestMemberThatDiedWhileItJoined: the broker begins no session for it, and it would keep the
// partitions that the leader gives it.
func TestMemberThatDiedWhileItJoined(t *testing.T) {
	g := newGathering(t)
	leader, dead := g.member(), g.member()
	leader.join()
	first := <-leader.joined
	if err := leader.sync(first.Generation, leader); err != nil {
		t.Fatal(err)
	}
	dead.join()
	dead.cut()
	g.await("the end of the connection is noticed", func() bool { return len(dead.joined) > 0 })
	leader.join()
	second := <-leader.joined
	if err := leader.sync(second.Generation, leader, dead); err != nil {
		t.Fatal(err)
	}
	g.look(testSession)
	if err := leader.heartbeat(second.Generation); err != nil {
		t.Fatalf("before the session's end: %v", err)
	}
	g.look(2 * membersGrace)
	if err := leader.heartbeat(second.Generation); !errors.Is(err, kerr.RebalanceInProgress) {
		t.Fatalf("after the session's end: %v", err)
	}
	leader.join()
	if third := <-leader.joined; len(third.Members) != 1 {
		t.Errorf("members %+v", third.Members)
	}
}

// TestLeaderThatDividesNothing: it has the list of members and does not go on. The others are
// neither lost nor kept waiting.
func TestLeaderThatDividesNothing(t *testing.T) {
	g := newGathering(t)
	leader, other := g.member(), g.member()
	leader.join()
	<-leader.joined
	other.join()
	leader.join()
	<-leader.joined
	second := <-other.joined
	waited := make(chan error, 1)
	go func() { waited <- other.sync(second.Generation) }()
	g.await("the other waits for its share", func() bool {
		g.members.mu.Lock()
		defer g.members.mu.Unlock()
		return g.members.groups["g"].synced[other.id] == second.Generation
	})
	g.look(testSession / 3)
	select {
	case err := <-waited:
		t.Fatalf("the leader had no time: %v", err)
	default:
	}
	g.look(testSession / 2)
	if err := <-waited; !errors.Is(err, kerr.RebalanceInProgress) {
		t.Fatalf("the other's share: %v", err)
	}
	other.join()
	if third := <-other.joined; third.LeaderID != other.id || len(third.Members) != 1 {
		t.Errorf("joined %+v", third)
	}
}

// TestThoseWhoWaitAreKept: a member that waits longer than a session for a slow one is answered.
func TestThoseWhoWaitAreKept(t *testing.T) {
	g := newGathering(t)
	slow, patient := g.member(), g.member()
	slow.join()
	first := <-slow.joined
	patient.join()
	slow.join()
	<-slow.joined
	second := <-patient.joined
	go func() { _ = patient.sync(second.Generation) }()
	if err := slow.sync(second.Generation, slow, patient); err != nil || first.LeaderID != slow.id {
		t.Fatal(err)
	}
	if err := patient.heartbeat(second.Generation); err != nil {
		t.Fatal(err)
	}
	third := g.member() // makes the group gather
	third.join()
	patient.join()
	deadline := time.NewTimer(testSession + time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(lookAtMembers)
	defer ticker.Stop()
	for waiting := true; waiting; {
		select {
		case <-deadline.C:
			waiting = false
		case <-ticker.C:
			g.members.look(t.Context())
			if err := slow.heartbeat(second.Generation); !errors.Is(err, kerr.RebalanceInProgress) {
				t.Fatalf("the slow one: %v", err)
			}
		}
	}
	slow.join()
	if answer := <-patient.joined; answer == nil || answer.ErrorCode != 0 {
		t.Errorf("the patient one: %+v", answer)
	}
}
