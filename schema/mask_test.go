package schema

import "testing"

func TestMask(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "…", "abc": "a…", "abcdefghijklmno": "ab…", "abcdefghijklmnop": "abcd…mnop"} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
	const id = "CjwKCAjw-abcdefghx3Qw"
	for in, want := range map[string]string{
		"":                                        "",
		"https://s.example/a?x=1":                 "https://s.example/a?x=1",
		"https://s.example/?gclid=" + id:          "https://s.example/?gclid=CjwK…x3Qw",
		"https://s.example/?a=b&GCLID=" + id:      "https://s.example/?a=b&GCLID=CjwK…x3Qw",
		"https://s.example/#/p?wbraid=" + id:      "https://s.example/#/p?wbraid=CjwK…x3Qw",
		"https://s.example/#gbraid=" + id + "&a":  "https://s.example/#gbraid=CjwK…x3Qw&a",
		"https://s.example/?gclid=&nogclid=" + id: "https://s.example/?gclid=&nogclid=" + id,
	} {
		if got := MaskClicks(in); got != want {
			t.Errorf("MaskClicks(%q) = %q, want %q", in, got, want)
		}
	}
}
