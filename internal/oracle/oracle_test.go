package oracle

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	l := NewLedger()
	for _, id := range []string{"a", "b", "c", "d"} {
		l.Issue(id, "content of "+id)
	}
	l.Acknowledge("a")
	l.Acknowledge("b")
	l.Acknowledge("b")
	if n := l.Acknowledged(); n != 2 {
		t.Errorf("%d acknowledged", n)
	}
	row := func(id string) Row { return Row{id, "content of " + id} }
	check := func(want Verdict, stored ...Row) {
		t.Helper()
		if diff := cmp.Diff(want, l.Judge(stored)); diff != "" {
			t.Error(diff)
		}
	}
	check(Verdict{}, row("a"), row("b"))
	check(Verdict{}, row("b"), row("d"), row("a")) // sent without an answer, and stored
	check(Verdict{Lost: []string{"b"}}, row("a"))
	check(Verdict{Doubled: []string{"a", "a"}}, row("a"), row("a"), row("b"), row("a"))
	check(Verdict{Altered: []string{`c: "content of c" became "x"`}}, row("a"), row("b"), Row{"c", "x"})
	check(Verdict{Foreign: []string{"z"}}, row("a"), row("b"), row("z"))
	if got := (Verdict{Lost: []string{"b"}, Foreign: []string{"z", "y"}}); got.String() != "1 lost: b; 2 foreign: z, y" || len(got.Faults()) != 2 {
		t.Errorf("%s, %v", got, got.Faults())
	}
	if clean := (Verdict{}); clean.Faults() != nil || clean.String() == "" {
		t.Errorf("%s, %v", clean, clean.Faults())
	}
}
