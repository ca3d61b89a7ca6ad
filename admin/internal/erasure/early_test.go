package erasure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOnTheirWay: what is there goes while events are still on their way; those go once they are stored.
func TestOnTheirWay(t *testing.T) {
	r := filled(t)
	stored := func(until string) {
		r.exec("INSERT INTO partitions (topic, partition, audited, at, committed, high) VALUES ('noctra.events', 9, 40, now64(3) " + until + ", 71, 71)")
	}
	stored("- INTERVAL 1 HOUR")
	all := r.number("SELECT count() FROM events")
	id := r.request(Request{Workspace: r.workspace, Subject: &Subject{Kind: Email, Value: "Jane@Mail.example "}, By: 7})
	for range 20 {
		if _, err := r.runner().Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.later(50 * time.Millisecond)
	}
	row, receipt := r.read(id)
	if left := r.number("SELECT count() FROM events"); row.State != keepingOut || receipt.KeptOutAt == nil || receipt.HiddenAt != nil || left != all-8 {
		t.Errorf("state %s, %+v, %d of %d events are left", row.State, receipt, left, all)
	}
	r.insert(r.site, 71, []fact{{visitor: janesPhone, user: "jane", ago: 39 * time.Hour, path: "/late"}})
	stored("+ INTERVAL 1 DAY")
	if _, receipt = r.finish(id); receipt.rows("events") != 9 || len(receipt.Later) != 0 {
		t.Errorf("receipt %+v", receipt)
	}
	r.none("events", "path = '/late'")
	if diff := cmp.Diff(r.reports(r.control), r.reports(r.site)); diff != "" {
		t.Errorf("reports of the others, -want +got:\n%s", diff)
	}
}
