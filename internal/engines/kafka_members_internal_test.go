package engines

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// TestMemberThatDiedWhileItJoined: the broker begins no session for it, and it would keep the
// partitions that the leader gives it.
func TestMemberThatDiedWhileItJoined(t *testing.T) {
	g := newGathering(t)
	leader, _, second := g.withADead()
	g.look(testSession)
	if err := leader.heartbeat(second); err != nil {
		t.Fatalf("before the session's end: %v", err)
	}
	g.look(2 * membersGrace)
	if err := leader.heartbeat(second); !errors.Is(err, kerr.RebalanceInProgress) {
		t.Fatalf("after the session's end: %v", err)
	}
	leader.join()
	if third := <-leader.joined; len(third.Members) != 1 {
		t.Errorf("members %+v", third.Members)
	}
}

// TestOthersGatherWithoutTheDead: the same, when the group gathers again before the dead one is found.
func TestOthersGatherWithoutTheDead(t *testing.T) {
	g := newGathering(t)
	leader, _, _ := g.withADead()
	third := g.member()
	third.join()
	leader.join()
	g.await("the group gathers with both", func() bool {
		g.members.mu.Lock()
		defer g.members.mu.Unlock()
		return g.members.groups["g"].joined[leader.id] && len(g.members.cluster.GroupInfo("g").Members) == 3
	})
	g.look(testSession + 2*membersGrace)
	if answer := <-third.joined; answer == nil || answer.ErrorCode != 0 {
		t.Errorf("joined %+v", answer)
	}
}

// withADead is a group with a leader and a member that died while it joined.
func (g *gathering) withADead() (leader, dead *one, generation int32) {
	t := g.t
	t.Helper()
	leader, dead = g.member(), g.member()
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
	return leader, dead, second.Generation
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

// TestThoseWhoAreGoneAreNotKept: a member that waited once, and died since, does not hold up the others.
func TestThoseWhoAreGoneAreNotKept(t *testing.T) {
	g := newGathering(t)
	leader, dead := g.member(), g.member()
	leader.join()
	<-leader.joined
	dead.join()
	leader.join()
	<-leader.joined
	second := <-dead.joined
	go func() { _ = dead.sync(second.Generation) }()
	if err := leader.sync(second.Generation, leader, dead); err != nil {
		t.Fatal(err)
	}
	third := g.member()
	third.join()
	leader.join()
	g.await("the others have gathered", func() bool {
		g.members.look(t.Context())
		return len(third.joined) > 0
	})
	if answer := <-third.joined; answer == nil || answer.ErrorCode != 0 {
		t.Errorf("joined %+v", answer)
	}
}
