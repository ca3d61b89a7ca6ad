package engines

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// members keeps the embedded broker's consumer groups free of members that are gone, as Kafka
// does. The broker alone has two gaps. It begins a member's session with its answer to the join:
// whoever dies before that answer never has a session, stays, and keeps the partitions that it is
// given. And it ends the sessions of members that wait for its answer, which then never comes.
//
// So members are watched by their requests. Those that wait are kept, those that are silent for
// longer than their session are removed, and so is a leader that does not hand out the partitions.
type members struct {
	cluster *kfake.Cluster
	client  *kgo.Client
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	groups map[string]*watched
}

// watched is what is known of a group.
type watched struct {
	session    time.Duration
	generation int32
	joined     map[string]bool  // asked to join since the last generation, and have no answer
	synced     map[string]int32 // by member: the last generation in which it asked for its share
	heard      map[string]time.Time
	asked      map[string]time.Time // the last request of each that told its id
}

const (
	lookAtMembers = 500 * time.Millisecond
	membersGrace  = time.Second // for a request that is on its way

	groupGathers   = "PreparingRebalance"
	groupIsDivided = "CompletingRebalance"
)

func newMembers(cluster *kfake.Cluster, log *slog.Logger) (*members, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ClientID("members"), kgo.RequestRetries(1))
	if err != nil {
		return nil, fmt.Errorf("watch the members of groups: %w", err)
	}
	m := &members{cluster: cluster, client: client, now: time.Now, log: log, groups: map[string]*watched{}}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat} {
		cluster.ControlKey(key.Int16(), m.hear)
	}
	return m, nil
}

func (m *members) run(ctx context.Context) {
	defer m.client.Close()
	ticker := time.NewTicker(lookAtMembers)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			m.look(ctx)
		}
	}
}

// hear notes who asks. It handles nothing.
func (m *members) hear(request kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // the broker's order of results
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r := request.(type) {
	case *kmsg.JoinGroupRequest:
		g := m.group(r.Group)
		g.session = max(g.session, time.Duration(r.SessionTimeoutMillis)*time.Millisecond)
		g.hear(r.MemberID, m.now())
		g.joined[r.MemberID] = true
	case *kmsg.SyncGroupRequest:
		g := m.group(r.Group)
		g.hear(r.MemberID, m.now())
		g.synced[r.MemberID] = r.Generation
		delete(g.joined, r.MemberID)
	case *kmsg.HeartbeatRequest:
		m.group(r.Group).hear(r.MemberID, m.now())
	}
	return nil, nil, false
}

func (g *watched) hear(id string, at time.Time) { g.heard[id], g.asked[id] = at, at }

func (m *members) group(name string) *watched {
	g, ok := m.groups[name]
	if !ok {
		g = &watched{generation: -1, joined: map[string]bool{}, synced: map[string]int32{}, heard: map[string]time.Time{}, asked: map[string]time.Time{}}
		m.groups[name] = g
	}
	return g
}

// look goes through all groups once.
func (m *members) look(ctx context.Context) {
	m.mu.Lock()
	names := make([]string, 0, len(m.groups))
	for name := range m.groups {
		names = append(names, name)
	}
	m.mu.Unlock()
	for _, name := range names {
		info := m.cluster.GroupInfo(name)
		keep, remove := m.judge(name, info)
		for _, id := range keep {
			m.keep(ctx, info, id)
		}
		if len(remove) > 0 { // the others may have their answer once it is gone
			m.remove(ctx, info, remove[0])
		}
	}
}

// keep gives a waiting member a new session.
func (m *members) keep(ctx context.Context, info *kfake.GroupInfo, id string) {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.Generation, r.MemberID = info.Group, info.Epoch, id
	ctx, cancel := context.WithTimeout(ctx, membersGrace)
	defer cancel()
	if _, err := r.RequestWith(ctx, m.client); err != nil && ctx.Err() == nil {
		m.log.Warn("waiting group member not kept", "group", info.Group, "member", id, "error", err.Error())
	}
}

// remove makes a member leave.
func (m *members) remove(ctx context.Context, info *kfake.GroupInfo, id string) {
	m.log.Warn("group member removed, it does not answer", "group", info.Group, "member", id, "state", info.State)
	one := kmsg.NewLeaveGroupRequestMember()
	one.MemberID = id
	r := kmsg.NewPtrLeaveGroupRequest()
	r.Group, r.Members = info.Group, []kmsg.LeaveGroupRequestMember{one}
	ctx, cancel := context.WithTimeout(ctx, membersGrace)
	defer cancel()
	if _, err := r.RequestWith(ctx, m.client); err != nil && ctx.Err() == nil {
		m.log.Warn("group member not removed, it is tried again", "group", info.Group, "member", id, "error", err.Error())
	}
}

// judge tells which members of a group have a right to wait, and which are to go: first who has been
// silent for longest. Of a member that joined between two looks it is not known whether it waits for
// this generation or was answered for the last one; the broker never answers the join of one that is
// removed, so those that are dead for sure have to go before.
func (m *members) judge(name string, info *kfake.GroupInfo) (keep, remove []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if info == nil || len(info.Members) == 0 {
		delete(m.groups, name)
		return nil, nil
	}
	g, now := m.groups[name], m.now()
	g.forget(info)
	if g.generation != info.Epoch { // all have just been answered
		g.generation = info.Epoch
		maps.DeleteFunc(g.joined, func(id string, _ bool) bool { return g.synced[id] != info.Epoch }) // that was for this generation
		for _, member := range info.Members {
			g.heard[member.MemberID] = now
		}
	}
	for _, member := range info.Members {
		id := member.MemberID
		if _, ok := g.heard[id]; !ok { // while the group gathers: it asked without an id
			g.heard[id], g.joined[id] = now, info.State == groupGathers
		}
		silent := now.Sub(g.heard[id])
		generation, asked := g.synced[id]
		switch {
		case g.session == 0: // the broker has started anew, and gave all a new session
		case info.State == groupGathers && g.joined[id], info.State == groupIsDivided && asked && generation == info.Epoch:
			keep = append(keep, id)
		case info.State == groupIsDivided && silent > g.session/2, info.State != groupIsDivided && silent > g.session+membersGrace:
			remove = append(remove, id)
		}
	}
	slices.SortStableFunc(remove, func(a, b string) int { return g.order(a).Compare(g.order(b)) })
	return keep, remove
}

// order is when a member asked last; who has not told its id yet is new.
func (g *watched) order(id string) time.Time {
	if at, ok := g.asked[id]; ok {
		return at
	}
	return g.heard[id]
}

// forget drops who is no member.
func (g *watched) forget(info *kfake.GroupInfo) {
	present := map[string]bool{}
	for _, member := range info.Members {
		present[member.MemberID] = true
	}
	for id := range g.heard {
		if !present[id] {
			delete(g.heard, id)
			delete(g.asked, id)
			delete(g.synced, id)
			delete(g.joined, id)
		}
	}
}
