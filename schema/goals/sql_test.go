package goals

import "testing"

func TestSQL(t *testing.T) {
	quote := func(s string) string { return "<" + s + ">" }
	for _, test := range []struct {
		match Match
		want  string
	}{
		{Match{Kind: Page, Path: "/thanks"}, "(kind = 1 AND path = </thanks>)"},
		{Match{Kind: Page, Path: "/thanks*"}, "(kind = 1 AND startsWith(path, </thanks>))"},
		{Match{Kind: Page, Path: "**"}, "(kind = 1 AND 1)"},
		{Match{Kind: Page, Path: "*/a.b/*"}, `(kind = 1 AND match(path, <^.*/a\.b/.*$>))`},
		{Match{Kind: Sale}, "(kind = 3)"},
		{Match{Kind: Sale, MinAmount: "49.90"}, "(kind = 3 AND amount >= 49900000 AND currency = <EUR>)"},
		{Match{Kind: Event, EventType: "goal"}, "(kind = 5)"},
		{Match{Kind: Event, EventType: "goal", Name: "lead", Props: map[string]string{"plan": "pro", "a": "b"}}, "(kind = 5 AND name = <lead> AND props[<a>] = <b> AND props[<plan>] = <pro>)"},
		{Match{Kind: Event}, "0"},
	} {
		if got := test.match.SQL("EUR", quote); got != test.want {
			t.Errorf("%+v: %s, want %s", test.match, got, test.want)
		}
	}
}
